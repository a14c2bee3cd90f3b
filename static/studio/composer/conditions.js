// "Show only to some": the condition of a block, chosen from what the segments know.

import { ask, fillChoice } from "./dialogs.js";
import { say } from "./say.js";

/**
 * @typedef {{name: string, label: string, denial: string, kind: "choice" | "days" | "none",
 *   values: [string, string][]}} Condition
 */
export class Conditions {
  /** @param {Condition[]} known */
  constructor(known) {
    this.known = known;
    this.dialog = document.getElementById("only");
    this.what = this.dialog.querySelector("[name=what]");
    this.choice = this.dialog.querySelector("[name=choice]");
    this.days = this.dialog.querySelector("[name=days]");
    const usable = known.filter(({ kind, values }) => kind !== "choice" || values.length);
    const both = usable.flatMap(({ name, label, denial }) => [[`${name}:`, label], [`${name}:not`, denial]]);
    fillChoice(this.what, both);
    this.what.addEventListener("change", () => this.#drawValue());
  }

  /** Ask to whom a block is shown. @returns {Promise<import("./letter.js").Only | undefined | null>} null: no change */
  async ask(only) {
    this.#fill(only);
    this.dialog.querySelector("[value=all]").hidden = !only;
    const answer = await ask(this.dialog);
    if (!answer) return null;
    return answer.choice === "all" ? undefined : this.#read();
  }

  #fill(only) {
    if (only && this.#find(only.name)) this.what.value = `${only.name}:${only.not ? "not" : ""}`;
    this.#drawValue();
    if (!only) return;
    const { kind } = this.#find(only.name) ?? {};
    if (kind === "choice") this.choice.value = only.value;
    if (kind === "days") this.days.value = only.value;
  }

  #drawValue() {
    const { kind, values } = this.#find(this.what.value.split(":")[0]) ?? { kind: "none", values: [] };
    this.choice.closest(".field").hidden = kind !== "choice";
    this.days.closest(".field").hidden = kind !== "days";
    this.days.disabled = kind !== "days";
    fillChoice(this.choice, values);
  }

  #read() {
    const [name, not] = this.what.value.split(":");
    const { kind } = this.#find(name);
    const value = { choice: this.choice.value, days: this.days.value, none: "" }[kind];
    return { name, value, not: not === "not" };
  }

  #find(name) {
    return this.known.find((condition) => condition.name === name);
  }

  /** In plain words: "Has the tag “leg pain”". */
  says({ name, value, not }) {
    const found = this.#find(name);
    if (!found) return say("condition_unknown", { name });
    const words = not ? found.denial : found.label;
    if (found.kind === "none") return words;
    const shown = found.values.find(([stored]) => stored === value)?.[1] ?? value;
    return say(found.kind === "days" ? "condition_days" : "condition_value", { words, value: shown });
  }
}
