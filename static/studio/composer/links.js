// Where a link in the words leads: one of our names, or an https address.

import { ask } from "./dialogs.js";

export class Links {
  constructor() {
    this.dialog = document.getElementById("link");
    this.choice = this.dialog.querySelector("[name=name]");
    this.address = this.dialog.querySelector("[name=address]");
    this.choice.addEventListener("change", () => this.#draw());
  }

  /** @param {string} href as it is now @returns {Promise<{href: string, label: string} | null>} "" takes the link away */
  async ask(href) {
    const isName = [...this.choice.options].some((option) => option.value === href && option.value);
    this.choice.value = isName || !href ? href || this.choice.options[0].value : "https";
    this.address.value = isName ? "" : href;
    this.dialog.querySelector("[value=remove]").hidden = !href;
    this.#draw();
    const answer = await ask(this.dialog);
    if (!answer) return null;
    return answer.choice === "remove" ? { href: "", label: "" } : this.#read();
  }

  #draw() {
    const isAddress = this.choice.value === "https";
    this.address.closest(".field").hidden = !isAddress;
    this.address.required = isAddress;
  }

  #read() {
    if (this.choice.value !== "https") return { href: this.choice.value, label: this.choice.selectedOptions[0].text };
    const typed = this.address.value.trim();
    const href = /^[a-z]+:/i.test(typed) ? typed : `https://${typed}`;
    return { href, label: href.replace(/^https:\/\//, "") };
  }
}
