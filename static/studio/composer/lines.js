// Subject and preheader: how long they are as phones show them, where they are cut, and their line in an inbox.

import { fill } from "./card.js";
import { toAnybody } from "./chips.js";
import { PlainText } from "./plain.js";
import { say } from "./say.js";

const SHOWN = { subject: 40, preheader: 50 }; // letters that an iPhone shows of each at its usual text size
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
  constructor(name, store, pieces) {
    Object.assign(this, { name, store });
    const box = document.getElementById(`${name}-words`); // not `name`: a browser takes the focus off what #name names
    this.input = new PlainText(box, store.letter[name], (words) => this.#write(words), pieces);
    this.length = document.getElementById(`${name}-length`);
    this.error = document.getElementById(`${name}-error`);
    store.addEventListener("change", () => this.draw());
    this.draw();
  }

  #write(words) {
    this.store.act({ ...this.store.letter, [this.name]: words }, { key: this.name, said: say(this.name) });
  }

  draw() {
    const words = this.store.letter[this.name];
    this.input.draw(words);
    const count = graphemes(toAnybody(words)).length;
    const isCut = count > SHOWN[this.name];
    this.length.textContent = say(isCut ? "length_cut" : "length", { count, most: SHOWN[this.name] });
    this.length.classList.toggle("over", isCut);
    this.inbox(toAnybody(words));
  }

  /** The line in the inbox, with what the chosen reader would see in place of merge fields. */
  inbox(words) {
    const place = document.querySelector(`[data-inbox="${this.name}"]`);
    place.textContent = shortened(words, SHOWN[this.name]) || say(`no_${this.name}`);
    place.classList.toggle("nothing", !words);
  }

  problems(said) {
    fill(this.error, said);
    this.input.flag(said.some(({ blocking }) => blocking));
  }

  insert(written) {
    this.input.insert(written);
  }

  focus() {
    this.input.focus("end");
  }
}
