// How the page shows itself: writing or looking on a narrow one, how the mail is looked at, publishing.

import { ask } from "./dialogs.js";
import { post } from "./requests.js";
import { announce, say } from "./say.js";

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
  const tell = (words, isWrong = false) => {
    line.textContent = words;
    line.classList.toggle("error", isWrong);
    announce(words);
  };
  button?.addEventListener("click", async () => {
    tell(say("publishing"));
    const { ending, data } = await publish(saving, url);
    if (ending === "ok") return tell(say("published"));
    const why = data?.problems?.map((problem) => problem.why).join(" ") || data?.why;
    return tell(why || say("not_possible_now"), true);
  });
}

/** A mail that went out under somebody's name asks for a name under the new words. */
async function publish(saving, url, signature = "") {
  if (!(await saving.settled())) return { ending: "away" };
  const answer = await post(url, { version: saving.base.version, signature });
  if (!answer.data?.needs_signature || signature) return answer;
  const signed = await ask(document.getElementById("signing"));
  return signed ? publish(saving, url, signed.form.get("name")) : { ending: "refused", data: { why: say("not_signed") } };
}

/** A way that leads on from here waits until everything is saved. */
export function leaving(saving) {
  for (const link of document.querySelectorAll("[data-saves-first]")) {
    link.addEventListener("click", async (event) => {
      if (!saving.isDirty || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      if ((await saving.settled()) || saving.state === "locked") location.assign(link.href);
      else if (saving.state !== "refused") document.dispatchEvent(new CustomEvent("composer:say", { detail: say("not_left") }));
    });
  }
}
