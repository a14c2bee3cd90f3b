// The editor by keys: Alt and an arrow moves the step in which the focus is; Ctrl+Z undoes, Ctrl+Y and Ctrl+Shift+Z do
// again. In a field of words Ctrl+Z is the field's own.

import { markOf } from "./focus.js";

const MOVES = new Map([
  ["ArrowUp", "up"],
  ["ArrowDown", "down"],
]);
const WORDS = "textarea, input:not([type=checkbox]):not([type=radio])";

/** @param {import("./desk.js").Desk} desk @param {import("./typing.js").Typing} typing */
export function keys(desk, typing) {
  document.addEventListener("keydown", (event) => {
    const asked = moved(event) ?? undone(event);
    if (!asked) return;
    event.preventDefault();
    void typing.settle().then((isClear) => isClear && desk.ask(asked.fields, asked.mark));
  });
}

function moved(event) {
  const act = MOVES.get(event.key);
  const step = event.target.closest?.("#editor [data-step]");
  if (!act || !event.altKey || !step || event.target.matches("select")) return null;
  return { fields: { act, key: step.dataset.step }, mark: `step:${step.dataset.step}:${act}` };
}

function undone(event) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.target.matches?.(WORDS)) return null;
  const key = event.key.toLowerCase();
  const mark = markOf(event.target.closest?.("#editor a, #editor button")) || "#undo";
  if (key === "z" && !event.shiftKey) return { fields: { act: "undo" }, mark };
  return key === "y" || (key === "z" && event.shiftKey) ? { fields: { act: "redo" }, mark } : null;
}
