// What the studio does in the browser beyond htmx: the menu on a phone, and saying when an answer failed.
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

// The sentences stand in the page, translated.
document.addEventListener("htmx:sendError", () => say(document.body.dataset.offline));
document.addEventListener("htmx:responseError", () => say(document.body.dataset.failed));

function say(sentence) {
  const line = document.createElement("p");
  line.className = "flash flash-error";
  line.textContent = sentence;
  document.querySelector(".flashes").replaceChildren(line);
}
