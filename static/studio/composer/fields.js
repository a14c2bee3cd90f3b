// Merge fields from a menu, put in where the cursor is, with what is said when nothing is known.

import { ask } from "./dialogs.js";

/** @typedef {{name: string, label: string, mayBeEmpty: boolean, fallback: string}} Choice */
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

  #draw() {
    const { mayBeEmpty, fallback } = this.#chosen();
    this.fallback.closest(".field").hidden = !mayBeEmpty;
    this.fallback.required = mayBeEmpty;
    this.fallback.value = fallback;
  }

  #written() {
    const { name, mayBeEmpty } = this.#chosen();
    const words = this.fallback.value.replace(/[{}|]/g, "").trim();
    return mayBeEmpty ? `{{ ${name}|${words} }}` : `{{ ${name} }}`;
  }

  #chosen() {
    return this.known.find(({ name }) => name === this.name.value);
  }
}
