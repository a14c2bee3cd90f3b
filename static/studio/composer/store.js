// The letter on this page and every state it was in: the one place where it changes.

import { isSame } from "./letter.js";
import { merge } from "./merge.js";

const ONE_BREATH = 1200; // ms: keys that follow each other sooner are undone together
const MOST_STEPS = 300;

/**
 * Tells "change" with {why: "act" | "undo" | "redo" | "merge", step} whenever the letter is another one.
 * A step is {before, after, key, said, id}: `said` is what a screen reader hears, `id` the block it was about.
 * The step of a merge is {both}: the blocks that now stand twice.
 */
export class Store extends EventTarget {
  #past = [];
  #future = [];
  #at = 0;

  /** @param {import("./letter.js").Letter} letter */
  constructor(letter) {
    super();
    this.letter = letter;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  /** Do something that can be undone. Acts with the same `key` in one breath are one step: typing in a field. */
  act(letter, { key = "", said = "", id = "" } = {}) {
    if (isSame(letter, this.letter)) return;
    const last = this.#past.at(-1);
    const goesOn = key && last?.key === key && performance.now() - this.#at < ONE_BREATH && !this.canRedo;
    const step = goesOn ? { ...last, after: letter } : { before: this.letter, after: letter, key, said, id };
    this.#past = [...(goesOn ? this.#past.slice(0, -1) : this.#past), step].slice(-MOST_STEPS);
    this.#future = [];
    this.#at = performance.now();
    this.#become(letter, "act", step);
  }

  undo() {
    const step = this.#past.pop();
    if (!step) return;
    this.#future.push(step);
    this.#become(step.before, "undo", step);
  }

  redo() {
    const step = this.#future.pop();
    if (!step) return;
    this.#past.push(step);
    this.#become(step.after, "redo", step);
  }

  /** The next key begins a step of its own. */
  rest() {
    this.#at = 0;
  }

  /**
   * Somebody else's words come in: into every state that undo can lead back to, so that undo never takes them out.
   *
   * @param {import("./merge.js").Base} base @param {import("./letter.js").Letter} theirs
   */
  takeIn(base, theirs) {
    const renamed = new Map();
    const merged = merge(base, this.letter, theirs, renamed);
    const brought = (letter) => merge(base, letter, theirs, renamed).letter;
    const rebased = (step) => ({ ...step, before: brought(step.before), after: brought(step.after) });
    this.#past = this.#past.map(rebased);
    this.#future = this.#future.map(rebased);
    this.rest();
    this.#become(merged.letter, "merge", { both: merged.both });
    return merged;
  }

  #become(letter, why, step) {
    this.letter = letter;
    this.dispatchEvent(new CustomEvent("change", { detail: { why, step } }));
  }
}
