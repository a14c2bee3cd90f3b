// Subject and preheader: how long they are as phones show them, where they are cut, and their line in an inbox.

import { fill } from "./card.js";
import { flagged, insertAt } from "./inputs.js";
import { say } from "./say.js";

const SHOWN = { subject: 40, preheader: 50 }; // letters that an iPhone shows of each at its usual text size
const FIELD = /\{\{[^{}|]*\|?\s*([^{}|]*?)\s*\}\}/g;
const segmenter = new Intl.Segmenter(document.documentElement.lang, { granularity: "grapheme" });

/** The letters as people count them: an emoji is one, however it is made. */
export const graphemes = (words) => [...segmenter.segment(words)].map(({ segment }) => segment);

/** What a phone shows of it. */
export function shortened(words, most) {
  const letters = graphemes(words);
  return letters.length > most ? `${letters.slice(0, most - 1).join("").trimEnd()}…` : words;
}

/** @implements {import("./inputs.js").Field} */
export class Line {
  /** @param {"subject" | "preheader"} name @param {import("./store.js").Store} store */
  constructor(name, store) {
    Object.assign(this, { name, store });
    this.input = document.getElementById(name);
    this.length = document.getElementById(`${name}-length`);
    this.error = document.getElementById(`${name}-error`);
    this.flag = flagged(this.input);
    this.input.addEventListener("input", () => {
      const words = this.input.value.replace(/[\r\n]+/g, " ");
      store.act({ ...store.letter, [name]: words }, { key: name, said: say(name) });
    });
    this.input.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
    store.addEventListener("change", () => this.draw());
    this.draw();
  }

  draw() {
    const words = this.store.letter[this.name];
    if (this.input.value !== words) this.input.value = words;
    const count = graphemes(words).length;
    const isCut = count > SHOWN[this.name];
    this.length.textContent = say(isCut ? "length_cut" : "length", { count, most: SHOWN[this.name] });
    this.length.classList.toggle("over", isCut);
    this.inbox(words.replaceAll(FIELD, "$1"));
  }

  /** The line in the inbox, with what the chosen reader would see in place of merge fields. */
  inbox(words) {
    const place = document.querySelector(`[data-inbox="${this.name}"]`);
    place.textContent = shortened(words, SHOWN[this.name]) || say(`no_${this.name}`);
    place.classList.toggle("nothing", !words);
  }

  problems(said) {
    fill(this.error, said);
    this.flag(said.some(({ blocking }) => blocking));
  }

  insert(words) {
    insertAt(this.input, words);
  }

  focus() {
    this.input.focus();
  }
}
