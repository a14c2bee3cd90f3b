// Merge fields from a menu, put in where the cursor is, with what is said when nothing is known.

import { ask } from "./dialogs.js";
import { say } from "./say.js";

const WRITTEN = /^\{\{\s*([^{}|]*?)\s*(?:\|\s*([^{}|]*?)\s*)?\}\}$/;

/** @typedef {{name: string, label: string, short: string, mayBeEmpty: boolean, fallback: string}} Choice */
export class MergeFields {
  /** @param {Choice[]} known */
  constructor(known) {
    this.known = known;
    this.dialog = document.getElementById("fields");
    this.name = this.dialog.querySelector("[name=name]");
    this.fallback = this.dialog.querySelector("[name=fallback]");
    this.name.addEventListener("change", () => this.#draw());
  }

  /** @param {import("./inputs.js").Field} input */
  async ask(input) {
    this.#draw();
    const answer = await ask(this.dialog);
    if (answer) input.insert(this.#written());
  }

  /** Another field, or something else to say without it. @returns {Promise<string | null>} */
  async change(written) {
    const { name, fallback } = parts(written);
    if (this.find(name)) this.name.value = name;
    this.#draw(this.find(name) && fallback);
    return (await ask(this.dialog)) ? this.#written() : null;
  }

  /** How a field looks in the words. @returns {{words: string, isWrong: boolean, title: string}} */
  shown(written) {
    const { name, fallback } = parts(written);
    const { short = name, mayBeEmpty = false } = this.find(name) ?? {};
    const words = fallback ? say("field_or", { name: short, fallback }) : short;
    return { words, isWrong: !this.find(name) || (mayBeEmpty && !fallback), title: say("field_change") };
  }

  /** What is usually said when this field is not known. */
  usual(name) {
    return this.find(name)?.fallback ?? "";
  }

  find(name) {
    return this.known.find((field) => field.name === name);
  }

  #draw(fallback = "") {
    const chosen = this.find(this.name.value);
    this.fallback.closest(".field").hidden = !chosen.mayBeEmpty;
    this.fallback.required = chosen.mayBeEmpty;
    this.fallback.value = fallback || chosen.fallback;
  }

  #written() {
    const { name, mayBeEmpty } = this.find(this.name.value);
    const words = this.fallback.value.replace(/[{}|<>]/g, "").trim();
    return mayBeEmpty ? `{{ ${name}|${words} }}` : `{{ ${name} }}`;
  }
}

function parts(written) {
  const [, name = written.replace(/[{}]/g, "").trim(), fallback = ""] = written.match(WRITTEN) ?? [];
  return { name, fallback };
}
