// What the buttons and keys of the page do to the letter. Every act can be undone and is told to a screen reader.

import * as letters from "./letter.js";
import { announce, kindName, placeName, say } from "./say.js";

/** What is typed into a dialog or into the search for a reader is no part of the letter. */
const isElsewhere = (target) => Boolean(target.closest?.("dialog, #reader"));

export class Acts {
  /** @param {import("./store.js").Store} store @param {import("./view.js").View} view */
  constructor(store, view, { kinds, most, conditions, savedBlocks, mergeFields }) {
    Object.assign(this, { store, view, kinds, most, conditions, savedBlocks, mergeFields });
    view.list.addEventListener("click", (event) => this.#clicked(event));
    document.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("beforeinput", (event) => this.#native(event));
    for (const name of ["undo", "redo"]) {
      document.getElementById(name).addEventListener("click", () => this.travel(name));
    }
    store.addEventListener("change", () => this.#drawTravel());
    this.#drawTravel();
  }

  #clicked(event) {
    const button = event.target.closest("[data-act], [data-insert-field]");
    if (!button) return;
    const id = button.closest("[data-block]").dataset.block;
    if (button.dataset.insertField) return this.mergeFields.ask(this.view.card(id).fields.get(button.dataset.insertField));
    if (button.getAttribute("aria-disabled") !== "true") this[button.dataset.act](id);
    else announce(say("at_the_end"));
    return undefined;
  }

  #key(event) {
    if (document.querySelector("dialog[open]")) return;
    const isCommand = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (isCommand && !event.altKey && (key === "z" || key === "y") && !isElsewhere(event.target)) {
      event.preventDefault();
      this.travel(key === "y" || event.shiftKey ? "redo" : "undo");
    }
    const card = event.target.closest?.("[data-block]");
    // On a choice these keys open it.
    if (card && !event.target.matches("select") && event.altKey && !isCommand && ["arrowup", "arrowdown"].includes(key)) {
      event.preventDefault();
      this[key === "arrowup" ? "up" : "down"](card.dataset.block);
    }
  }

  /** The browser's own undo, from its menu or a phone's gesture, is ours too. */
  #native(event) {
    if (!["historyUndo", "historyRedo"].includes(event.inputType) || isElsewhere(event.target)) return;
    event.preventDefault();
    this.travel(event.inputType === "historyUndo" ? "undo" : "redo");
  }

  travel(way) {
    if (way === "undo" ? !this.store.canUndo : !this.store.canRedo) return announce(say(`nothing_to_${way}`));
    const told = new Promise((done) => {
      this.store.addEventListener("change", ({ detail }) => done(detail.step), { once: true });
    });
    this.store[way]();
    return told.then((step) => this.#arrived(way, step));
  }

  #arrived(way, { said, id }) {
    announce(say(way === "undo" ? "undone" : "redone", { what: said || say("typing") }));
    const card = this.view.card(id);
    if (!card) return;
    card.element.scrollIntoView({ block: "nearest" });
    if (document.activeElement === document.body) card.element.focus({ preventScroll: true });
  }

  #drawTravel() {
    document.getElementById("undo").setAttribute("aria-disabled", String(!this.store.canUndo));
    document.getElementById("redo").setAttribute("aria-disabled", String(!this.store.canRedo));
  }

  up(id) {
    this.#move(id, -1);
  }

  down(id) {
    this.#move(id, 1);
  }

  #move(id, by) {
    const { letter } = this.store;
    const to = letters.placeOf(letter, id) + by;
    if (to < 0 || to >= letter.blocks.length) return announce(say("at_the_end"));
    this.#do(letters.move(letter, id, to), say("moved", { what: placeName(letter, id), to: to + 1 }), id);
    this.view.card(id).element.scrollIntoView({ block: "nearest" });
    return undefined;
  }

  copy(id) {
    if (this.#isFull()) return;
    const said = say("copied", { what: placeName(this.store.letter, id) });
    const { letter, id: copy } = letters.duplicate(this.store.letter, id);
    this.#do(letter, said, copy);
    this.view.focus(copy);
  }

  remove(id) {
    const { letter } = this.store;
    const place = letters.placeOf(letter, id);
    const said = say("removed", { what: placeName(letter, id) });
    this.#do(letters.remove(letter, id), said, id);
    const neighbour = this.store.letter.blocks[Math.min(place, this.store.letter.blocks.length - 1)];
    if (neighbour) this.view.card(neighbour.id).element.focus();
    else document.getElementById("add-first").focus();
  }

  async only(id) {
    const chosen = await this.conditions.ask(letters.find(this.store.letter, id).only);
    if (chosen === null) return;
    const said = chosen ? say("only_set", { whom: this.conditions.says(chosen) }) : say("only_gone");
    this.#do(letters.change(this.store.letter, id, { only: chosen }), said, id);
  }

  save(id) {
    this.savedBlocks.save(letters.find(this.store.letter, id));
  }

  /** Above this block: ask which kind. */
  add(id) {
    this.addAt(letters.placeOf(this.store.letter, id));
  }

  async addAt(place) {
    if (this.#isFull()) return;
    const chosen = await this.savedBlocks.choose();
    if (chosen) this.insert(place, chosen.block ?? { type: chosen.kind, ...structuredClone(this.kinds[chosen.kind]) });
  }

  /** @param {number} place @param {object} made a block without an id */
  insert(place, made) {
    const block = { ...structuredClone(made), id: letters.newId() };
    const said = say("added", { what: kindName(block.type), number: place + 1 });
    this.#do(letters.insert(this.store.letter, place, block), said, block.id);
    this.view.card(block.id).isNew = true;
    this.view.focus(block.id);
    return block.id;
  }

  /** A block for each picture; how far its upload is, and what is wrong with it, is said there. */
  pictures(place, files) {
    for (const [number, file] of files.entries()) {
      if (this.#isFull()) return;
      const id = this.insert(place + number, { type: "image", ...this.kinds.image });
      this.view.card(id).fields.get("picture").take(file);
    }
  }

  #isFull() {
    const isFull = this.store.letter.blocks.length >= this.most;
    if (isFull) announce(say("full", { most: this.most }));
    return isFull;
  }

  #do(letter, said, id) {
    this.store.act(letter, { said, id });
    announce(said);
  }
}
