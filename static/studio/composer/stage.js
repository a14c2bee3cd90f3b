// How the page shows itself: writing or looking on a narrow one, how the mail is looked at, publishing.

import { announce, say } from "./say.js";
import { post } from "./requests.js";

/** On a phone words and mail take turns; on a wide page both are there and the switch is not. */
export function turns() {
  const page = document.getElementById("composer");
  const switches = [...page.querySelectorAll("[data-turn]")];
  const turn = (name) => {
    page.dataset.turn = name;
    for (const button of switches) button.setAttribute("aria-pressed", String(button.dataset.turn === name));
  };
  for (const button of switches) {
    button.addEventListener("click", () => {
      turn(button.dataset.turn);
      scrollTo({ top: 0 });
    });
  }
  document.addEventListener("composer:write", () => turn("write"));
  turn("write");
}

/** Phone or desktop, dark, without pictures, plain text. @param {import("./preview.js").Preview} preview */
export function looks(preview) {
  const group = document.getElementById("looks");
  group.addEventListener("change", ({ target }) => {
    if (target.name === "width") preview.set({ width: target.value === "text" ? "phone" : target.value, text: target.value === "text" });
    if (target.name === "dark") preview.set({ dark: target.checked });
    if (target.name === "images") preview.set({ images: !target.checked });
  });
}

/** "Use from now on": everything is saved first. @param {import("./saving.js").Saving} saving */
export function publishing(saving, { url }) {
  const button = document.getElementById("publish");
  const line = document.getElementById("published");
  button?.addEventListener("click", async () => {
    line.textContent = say("publishing");
    const isSaved = await saving.settled();
    const { ending, data } = isSaved ? await post(url, { version: saving.base.version }) : { ending: "away" };
    const why = data?.why ?? data?.problems?.map((problem) => problem.why).join(" ");
    line.textContent = ending === "ok" ? say("published") : (why || say("not_possible_now"));
    line.classList.toggle("error", ending !== "ok");
    announce(line.textContent);
  });
}

/** A way that leads on from here waits until everything is saved. */
export function leaving(saving) {
  for (const link of document.querySelectorAll("[data-saves-first]")) {
    link.addEventListener("click", async (event) => {
      if (!saving.isDirty) return;
      event.preventDefault();
      if (await saving.settled()) location.assign(link.href);
    });
  }
}
