// Who else has this letter open, and whether somebody saved it: asked every quarter of a minute while it is looked at.

import { post } from "./requests.js";
import { announce, say } from "./say.js";

const EVERY = 15_000;

export class Presence {
  #others = "";

  /** @param {import("./saving.js").Saving} saving */
  constructor(saving, { url }) {
    Object.assign(this, { saving, url });
    this.line = document.getElementById("others");
    this.ask();
    setInterval(() => document.hidden || this.ask(), EVERY);
    document.addEventListener("visibilitychange", () => document.hidden || this.ask());
  }

  async ask() {
    const { ending, data } = await post(this.url, { version: this.saving.base.version });
    if (ending !== "ok") return;
    this.#draw(data.others);
    this.saving.may(data.editable);
    if (data.editable && data.version > this.saving.base.version) this.saving.look();
  }

  #draw(others) {
    const names = new Intl.ListFormat(document.documentElement.lang).format(others);
    if (names === this.#others) return;
    this.#others = names;
    const words = names ? say(others.length > 1 ? "others_here" : "other_here", { names }) : "";
    this.line.textContent = words;
    if (words) announce(words);
  }
}
