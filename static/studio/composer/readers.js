// "As this reader gets it": looking for a lead by a few letters.

import { get } from "./requests.js";
import { announce, say } from "./say.js";

const A_PAUSE = 200;

export class Readers {
  #timer = 0;
  #asked = 0;

  /** @param {(lead: number | null) => void} chosen */
  constructor({ url }, chosen) {
    Object.assign(this, { url, chosen, at: -1 });
    this.input = document.getElementById("reader");
    this.list = document.getElementById("readers");
    this.input.addEventListener("input", () => this.#soon());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("blur", () => setTimeout(() => this.#close(), A_PAUSE));
    this.list.addEventListener("pointerdown", (event) => this.#press(event));
  }

  /** As soon as the words are no longer those of who was chosen, it is nobody's copy. */
  #soon() {
    clearTimeout(this.#timer);
    if (this.isChosen) this.chosen(null);
    this.isChosen = false;
    if (this.input.value.trim()) this.#timer = setTimeout(() => this.#look(), A_PAUSE);
    else this.#close();
  }

  /** Whoever was chosen is not there any more. */
  gone() {
    this.input.value = "";
    this.isChosen = false;
    document.dispatchEvent(new CustomEvent("composer:say", { detail: say("reader_gone") }));
  }

  async #look() {
    this.#asked += 1;
    const number = this.#asked;
    const { ending, data } = await get(`${this.url}?q=${encodeURIComponent(this.input.value.trim())}`);
    if (number !== this.#asked) return;
    if (ending !== "ok") return announce(say("not_possible_now"));
    this.#draw(data);
    return announce(data.length ? say("readers_found", { count: data.length }) : say("no_reader"));
  }

  #draw(found) {
    this.at = -1;
    this.list.replaceChildren(...(found.length ? found.map(option) : [nobody()]));
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.input.removeAttribute("aria-activedescendant");
  }

  #key(event) {
    const options = [...this.list.querySelectorAll("[data-lead]")];
    if (event.key === "Escape") this.#close();
    if (event.key === "Enter" && options[this.at]) {
      event.preventDefault();
      this.#take(options[this.at]);
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !options.length) return;
    event.preventDefault();
    this.at = (this.at + step + options.length) % options.length;
    options.forEach((one, place) => one.setAttribute("aria-selected", String(place === this.at)));
    this.input.setAttribute("aria-activedescendant", options[this.at].id);
  }

  #press(event) {
    const found = event.target.closest("[data-lead]");
    if (!found) return;
    event.preventDefault();
    this.#take(found);
  }

  #take(found) {
    this.input.value = found.textContent;
    this.#close();
    this.isChosen = true;
    this.chosen(Number(found.dataset.lead));
  }

  #close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
  }
}

function nobody() {
  const line = document.createElement("li");
  line.role = "option";
  line.setAttribute("aria-disabled", "true");
  line.textContent = say("no_reader");
  return line;
}

function option({ id, label }) {
  const line = document.createElement("li");
  line.id = `reader-${id}`;
  line.role = "option";
  line.dataset.lead = id;
  line.textContent = label;
  line.setAttribute("aria-selected", "false");
  return line;
}
