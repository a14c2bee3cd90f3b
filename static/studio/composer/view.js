// The blocks as cards: drawn once each, then only changed where the letter changed, so that nothing moves or loses its
// cursor while somebody types.

import { Card } from "./card.js";
import { say } from "./say.js";

/** Tells "focusout" of a card by "left" with its id, and everything else by the cards' own buttons (acts.js). */
export class View {
  #cards = new Map();

  /** @param {HTMLElement} list @param {import("./store.js").Store} store */
  constructor(list, store, pieces) {
    Object.assign(this, { list, store, pieces });
    this.empty = list.parentElement.querySelector("[data-empty]");
    store.addEventListener("change", ({ detail }) => {
      if (detail.why === "merge") this.#rename(detail.step.both);
      this.draw();
    });
    this.draw();
  }

  /** @returns {Card | undefined} */
  card(id) {
    return this.#cards.get(id);
  }

  get cards() {
    return [...this.#cards.values()];
  }

  /** Make the cards say what the letter says. */
  draw() {
    const { blocks } = this.store.letter;
    const focused = document.activeElement;
    this.#drop(new Set(blocks.map((block) => block.id)));
    blocks.forEach((block, place) => this.#put(block, place));
    blocks.forEach((block, place) => this.card(block.id).draw(block, place, blocks.length));
    if (this.empty) this.empty.hidden = blocks.length > 0;
    if (focused?.isConnected && focused !== document.activeElement) focused.focus({ preventScroll: true });
  }

  #drop(kept) {
    for (const [id, card] of this.#cards) {
      if (kept.has(id)) continue;
      card.end();
      this.#cards.delete(id);
    }
  }

  #put(block, place) {
    if (this.card(block.id)?.type !== block.type) this.#make(block);
    const { element } = this.card(block.id);
    const there = this.list.children[place];
    if (there === element) return;
    // What is moved without being taken out keeps the cursor in it.
    if (element.isConnected && this.list.moveBefore) this.list.moveBefore(element, there ?? null);
    else this.list.insertBefore(element, there ?? null);
  }

  #make(block) {
    this.card(block.id)?.end();
    this.#cards.set(block.id, new Card(block, this.store, this.pieces));
  }

  /** My half of a block that stands twice now keeps its card, and the cursor in it. */
  #rename(both) {
    for (const { theirs, mine } of both) {
      const card = this.card(theirs);
      if (!card || this.card(mine)) continue;
      this.#cards.delete(theirs);
      this.#cards.set(mine, card.rename(mine));
      card.mark(say("mine"));
    }
  }

  /** Put the cursor into a block: into this field, or into its first one. */
  focus(id, field = "") {
    this.card(id)?.focus(field);
  }
}
