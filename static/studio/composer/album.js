// The library as a dialog to choose from: a page at a time, or what fits the words that are looked for.

import { say, stamp } from "./say.js";

const A_PAUSE = 300; // ms without a key

export class Album {
  #timer = 0;
  #turn = 0;
  #page = 1;

  /**
   * @param {HTMLDialogElement} dialog
   * @param {import("./pictures.js").Picture[]} drawings they ship with us, and stand behind the last page
   */
  constructor(dialog, { drawings, look }) {
    Object.assign(this, { dialog, drawings, look, current: "" });
    this.grid = dialog.querySelector("[data-pictures]");
    this.words = dialog.querySelector("[type=search]");
    this.pages = dialog.querySelector("[data-pages]");
    this.place = dialog.querySelector("[data-place]");
    this.nothing = dialog.querySelector("[data-nothing]");
    this.words.addEventListener("input", () => this.#soon());
    this.words.addEventListener("keydown", (event) => event.key === "Enter" && this.#now(event));
    this.buttons = [...this.pages.querySelectorAll("button")];
    for (const button of this.buttons) {
      button.addEventListener("click", () => this.#leaf(this.#page + Number(button.dataset.step)));
    }
  }

  /** From its first page, whatever was looked for before. @param {string} current the one that is chosen now */
  async open(current) {
    this.current = current;
    this.words.value = "";
    await this.#show(1);
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#show(1), A_PAUSE);
  }

  /** Enter looks; it chooses nothing. */
  #now(event) {
    event.preventDefault();
    clearTimeout(this.#timer);
    this.#show(1);
  }

  /** Who turns the page by keyboard goes on from the same button, or from the other where there is no further page. */
  async #leaf(page) {
    const pressed = document.activeElement;
    await this.#show(page);
    this.dialog.scrollTo({ top: 0 });
    if (pressed?.hidden) this.buttons.find((button) => !button.hidden)?.focus();
  }

  async #show(page) {
    this.#turn += 1;
    const turn = this.#turn;
    const q = this.words.value.trim();
    const found = (await this.look(new URLSearchParams({ q, page }))) ?? { pictures: [], page: 1, pages: 1 };
    if (turn === this.#turn) this.#draw(found, q);
  }

  #draw({ pictures, page, pages }, q) {
    this.#page = page;
    const last = page === pages && !q ? this.drawings.filter(({ name }) => !pictures.some((one) => one.name === name)) : [];
    const all = [...pictures, ...last];
    this.grid.replaceChildren(...all.map((picture) => tile(picture, picture.name === this.current)));
    this.nothing.hidden = all.length > 0;
    this.pages.hidden = pages < 2;
    this.place.textContent = say("page_of", { page, pages });
    for (const button of this.buttons) button.hidden = button.dataset.step === "-1" ? page < 2 : page >= pages;
  }
}

function tile(picture, isChosen) {
  const found = stamp("picture-tile");
  found.value = picture.name;
  found.setAttribute("aria-pressed", String(isChosen));
  found.querySelector("img").src = picture.url;
  found.querySelector("span").textContent = picture.label || picture.alt || picture.name;
  return found;
}
