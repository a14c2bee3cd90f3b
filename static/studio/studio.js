// What the studio does in the browser beyond htmx: the menu on a phone, one press of a button at a time, and saying
// when an answer failed.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const button = document.querySelector("[data-toggle]");
  if (!button) return;
  const menu = document.getElementById(button.dataset.toggle);
  const narrow = window.matchMedia("(max-width: 61.99rem)");

  const show = (open) => {
    menu.hidden = narrow.matches && !open;
    button.hidden = !narrow.matches;
    button.setAttribute("aria-expanded", String(open));
  };
  button.addEventListener("click", () => show(button.getAttribute("aria-expanded") !== "true"));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && narrow.matches && !menu.hidden) {
      show(false);
      button.focus();
    }
  });
  narrow.addEventListener("change", () => show(false));
  show(false);
});

// A session that ran out answers a fragment with the sign-in page: go there instead of pasting it in.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (xhr.responseURL && new URL(xhr.responseURL).pathname.startsWith("/studio/sign-in")) {
    event.detail.shouldSwap = false;
    window.location.reload();
  }
});

// A second press while the first is on its way is no second act. A page that is shown again can be pressed again.
const PRESSED_FOR = 4000;

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.matches("[hx-post]") || event.defaultPrevented) return;
  if (Date.now() - Number(form.dataset.pressed ?? 0) < PRESSED_FOR) event.preventDefault();
  else form.dataset.pressed = String(Date.now());
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-pressed]")) delete form.dataset.pressed;
});

// The sentences stand in the page, translated. What is over is not said any more.
document.addEventListener("htmx:sendError", () => say(document.body.dataset.offline));
document.addEventListener("htmx:responseError", () => say(document.body.dataset.failed));
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) document.querySelector(".flashes > [data-passing]")?.remove();
});

function say(sentence) {
  const said = document.querySelector(".flashes > [data-passing]");
  if (said?.textContent === sentence) return;
  const line = document.createElement("p");
  line.className = "flash flash-error";
  line.dataset.passing = "";
  line.textContent = sentence;
  if (said) said.replaceWith(line);
  else document.querySelector(".flashes").append(line);
}
