// Pictures dropped or pasted onto the letter. On a block that has a picture they are its picture; elsewhere they become
// blocks of their own, where the line shows, or below the block that is written in.

import { placeOf } from "./letter.js";
import { say } from "./say.js";

const isPicture = ({ type }) => !type || type.startsWith("image/");

export class Files {
  #receiver = null;

  constructor(view, acts, line) {
    Object.assign(this, { view, acts, line, writing: view.list.closest(".writing") });
    addEventListener("dragover", (event) => this.#over(event));
    addEventListener("dragleave", (event) => event.relatedTarget === null && this.#rest());
    addEventListener("drop", (event) => this.#dropped(event));
    document.addEventListener("paste", (event) => this.#pasted(event), true);
  }

  /** Wherever a file is let go, the browser does not open it in place of the letter. */
  #over(event) {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    const isHere = this.writing.contains(event.target);
    event.dataTransfer.dropEffect = isHere ? "copy" : "none";
    const card = isHere ? this.#cardAt(event.target) : null;
    this.#mark(card?.fields.has("picture") ? card.element : null);
    if (isHere && !this.#receiver) this.line.show(event.clientY);
    else this.line.hide();
  }

  #mark(element) {
    this.#receiver?.classList.remove("receives");
    this.#receiver = element;
    element?.classList.add("receives");
  }

  #rest() {
    this.#mark(null);
    this.line.hide();
  }

  #dropped(event) {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    this.#rest();
    if (!this.writing.contains(event.target)) return;
    const field = this.#cardAt(event.target)?.fields.get("picture");
    const place = this.line.show(event.clientY);
    this.line.hide();
    this.#take([...event.dataTransfer.files], field, place);
  }

  /** Words come with a picture of themselves from some programs: then the words are meant. */
  #pasted(event) {
    const { files, types } = event.clipboardData;
    const isElsewhere = document.querySelector("dialog[open]") || !this.writing.contains(event.target);
    if (!files.length || types.includes("text/plain") || isElsewhere) return;
    event.preventDefault();
    event.stopPropagation();
    const card = this.#cardAt(event.target);
    const { letter } = this.view.store;
    const place = card ? placeOf(letter, card.id) + 1 : letter.blocks.length;
    this.#take([...files], card?.fields.get("picture"), place);
  }

  #take(files, field, place) {
    if (field) return field.take(files[0]);
    const found = files.filter(isPicture);
    this.acts.pictures(place, found);
    const other = files.find((file) => !found.includes(file));
    if (!other) return undefined;
    return document.dispatchEvent(new CustomEvent("composer:say", { detail: say("no_picture", { name: other.name }) }));
  }

  #cardAt(target) {
    return this.view.card(target.closest?.("[data-block]")?.dataset.block);
  }
}
