// Moving a block by its handle, with a mouse, a pen or a finger. Nothing moves under the pointer: a line shows where the
// block will stand, and only letting go puts it there. Escape leaves everything as it was.

import { announce, placeName, say } from "./say.js";
import { move, placeOf } from "./letter.js";

const EDGE = 72; // px from the window's edge where the page begins to roll
const FASTEST = 14;

export class Drag {
  /**
   * @param {HTMLElement} list @param {import("./store.js").Store} store
   * @param {import("./dropping.js").DropLine} line
   */
  constructor(list, store, line) {
    Object.assign(this, { list, store, line, id: "" });
    list.addEventListener("pointerdown", (event) => this.#begin(event));
    list.addEventListener("pointermove", (event) => this.#over(event));
    list.addEventListener("pointerup", (event) => this.#isMine(event) && this.#drop());
    for (const name of ["pointercancel", "lostpointercapture"]) {
      list.addEventListener(name, (event) => this.#isMine(event) && this.#end());
    }
    addEventListener("keydown", (event) => event.key === "Escape" && this.id && this.#end(), true);
  }

  #begin(event) {
    const handle = event.target.closest("[data-drag]");
    if (!handle || event.button || this.id) return;
    this.id = handle.closest("[data-block]").dataset.block;
    this.pointer = event.pointerId;
    this.handle = handle;
    handle.setPointerCapture(event.pointerId);
    handle.closest("[data-block]").classList.add("dragged");
    event.preventDefault();
  }

  /** Another finger on the page has nothing to do with it. */
  #isMine(event) {
    return Boolean(this.id) && event.pointerId === this.pointer;
  }

  #over(event) {
    if (!this.#isMine(event)) return;
    this.y = event.clientY;
    this.#show();
    this.rolling ??= requestAnimationFrame(() => this.#roll());
  }

  #show() {
    this.to = this.line.show(this.y);
  }

  #roll() {
    this.rolling = undefined;
    if (!this.id) return;
    const over = Math.max(0, EDGE - this.y) - Math.max(0, this.y - (innerHeight - EDGE));
    if (!over) return;
    scrollBy(0, -Math.sign(over) * Math.min(FASTEST, Math.abs(over) / 4));
    this.#show();
    this.rolling = requestAnimationFrame(() => this.#roll());
  }

  #drop() {
    const { id, to } = this;
    const from = placeOf(this.store.letter, id);
    this.#end();
    if (to === undefined || from < 0) return;
    const place = to > from ? to - 1 : to;
    if (place === from) return;
    const said = say("moved", { what: placeName(this.store.letter, id), to: place + 1 });
    this.store.act(move(this.store.letter, id, place), { said, id });
    announce(said);
  }

  #end() {
    this.list.querySelector(".dragged")?.classList.remove("dragged");
    this.line.hide();
    if (this.handle?.hasPointerCapture(this.pointer)) this.handle.releasePointerCapture(this.pointer);
    this.id = "";
    this.to = undefined;
  }
}
