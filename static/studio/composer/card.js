// One block: its card, its fields, what is wrong with them, and to whom it is shown.

import { bindInput } from "./inputs.js";
import { PlainText } from "./plain.js";
import { RichText } from "./rich.js";
import { PictureField } from "./pictures.js";
import { change } from "./letter.js";
import { kindName, say, stamp } from "./say.js";

let drawn = 0;

/** Give what was stamped ids of its own: `__` stands for the card in ids, labels and descriptions. */
function own(element) {
  drawn += 1;
  for (const name of ["id", "for", "aria-labelledby", "aria-describedby", "data-labelledby"]) {
    for (const found of element.querySelectorAll(`[${name}*="__"]`)) {
      found.setAttribute(name, found.getAttribute(name).replaceAll("__", `b${drawn}-`));
    }
  }
  return element;
}

export class Card {
  /** @param {import("./letter.js").Block} block @param {import("./store.js").Store} store */
  constructor(block, store, pieces) {
    this.element = own(stamp(`block-${block.type}`));
    Object.assign(this, { id: block.id, type: block.type, store, pieces });
    this.element.dataset.block = block.id;
    const inputs = [...this.element.querySelectorAll("[data-field]")];
    this.fields = new Map(inputs.map((input) => [input.dataset.field, this.#bound(input, block)]));
  }

  #bound(input, block) {
    const name = input.dataset.field;
    const write = (value, more = {}) => this.#write({ [name]: value, ...more }, name);
    const words = block[name] ?? "";
    if ("rich" in input.dataset) return new RichText(input, words, write, this.pieces);
    if ("plain" in input.dataset) return new PlainText(input, words, write, this.pieces);
    if ("picture" in input.dataset) return new PictureField(input, write, this.pieces);
    return bindInput(input, write);
  }

  /** Keys in one field are undone together; a choice is a step of its own. */
  #write(fields, name) {
    const { letter } = this.store;
    this.store.act(change(letter, this.id, fields), { key: `${this.id}.${name}`, id: this.id });
  }

  /** @param {import("./letter.js").Block} block */
  draw(block, place, count) {
    const name = say("place", { number: place + 1, kind: kindName(block.type) });
    this.element.querySelector("[data-number]").textContent = place + 1;
    this.element.setAttribute("aria-label", name);
    for (const button of this.element.querySelectorAll("[data-act]")) this.#label(button, name);
    this.#enable("up", place > 0);
    this.#enable("down", place < count - 1);
    for (const [field, input] of this.fields) input.draw(block[field], block);
    this.#drawOnly(block.only);
  }

  #label(button, name) {
    const words = `${button.title}: ${name}`;
    if (button.getAttribute("aria-label") !== words) button.setAttribute("aria-label", words);
  }

  /** Not `disabled`: the focus would fall out of the page where a block reaches the end. */
  #enable(act, may) {
    this.element.querySelector(`[data-act="${act}"]`).setAttribute("aria-disabled", String(!may));
  }

  #drawOnly(only) {
    const line = this.element.querySelector("[data-only]");
    line.hidden = !only;
    if (only) line.querySelector("[data-only-says]").textContent = this.pieces.conditions.says(only);
  }

  /** @param {{field: string, why: string, blocking: boolean}[]} said */
  problems(said) {
    const places = [...this.element.querySelectorAll("[data-error]")];
    for (const place of places) {
      const mine = said.filter(({ field }) => this.#placeOf(field, places) === place);
      fill(place, mine);
      const input = this.element.querySelector(`[data-field="${place.dataset.error}"]`);
      if (input) this.fields.get(place.dataset.error)?.flag(mine.some(({ blocking }) => blocking));
    }
  }

  #placeOf(field, places) {
    return places.find((place) => place.dataset.error === field) ?? places.find((place) => !place.dataset.error);
  }

  /** Say something about the whole block until somebody has seen it. */
  mark(words) {
    const line = this.element.querySelector("[data-mark]");
    line.hidden = !words;
    line.querySelector("span").textContent = words;
  }

  rename(id) {
    this.id = id;
    this.element.dataset.block = id;
    return this;
  }

  focus(field) {
    const input = this.fields.get(field) ?? [...this.fields.values()][0];
    if (input) input.focus();
    else this.element.focus();
    this.element.scrollIntoView({ block: "nearest" });
  }

  end() {
    for (const input of this.fields.values()) input.end?.();
    this.element.remove();
  }
}

/** The sentences under a field, drawn anew only when they are others: a screen reader would hear them again. */
export function fill(place, said) {
  const words = said.map(({ why, blocking }) => `${blocking ? 1 : 0}${why}`).join("\n");
  if (place.dataset.said === words) return;
  place.dataset.said = words;
  place.replaceChildren(...said.map(sentence));
}

function sentence({ why, blocking }) {
  const line = document.createElement("p");
  line.className = blocking ? "error" : "hint";
  line.textContent = why;
  return line;
}
