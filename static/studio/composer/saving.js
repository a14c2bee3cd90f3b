// Saving by itself: soon after the last key, whatever the network, the session or a colleague does in the meantime.
//
// Everything typed is kept in this browser at once (vault) and leaves it only when the server has it.

import { fromDocument, isSame, toDocument } from "./letter.js";
import { post, signedInAgain } from "./requests.js";
import * as vault from "./vault.js";

const AFTER_THE_LAST_KEY = 1500;
const AT_THE_LATEST = 4500;
const FIRST_RETRY = 2000;
const LONGEST_RETRY = 60_000;
const MOST_BYTES_IN_LEAVING = 60_000;

/**
 * Tells "state" with {state, data}: "dirty", "saving", "saved", "away", "signed-out", "refused", "merged", "unkept".
 * After "merged" data is {by, mine, at, both, lines}: see merge.js.
 */
export class Saving extends EventTarget {
  #timer = 0;
  #dirtySince = 0;
  #tries = 0;
  #inFlight = false;

  /** @param {import("./store.js").Store} store @param {{version: number, letter: object}} base what the server has */
  constructor(store, base, { url, mayWrite }) {
    super();
    Object.assign(this, { store, base, url, mayWrite, state: "saved", data: {} });
    store.addEventListener("change", () => this.#changed());
    addEventListener("online", () => this.now());
    addEventListener("focus", () => this.#isWaiting() && this.now());
    document.addEventListener("visibilitychange", () => document.hidden && this.#leaving());
    addEventListener("pagehide", () => this.#leaving());
  }

  get isDirty() {
    return this.mayWrite && !isSame(this.store.letter, this.base.letter);
  }

  /** Save what is not saved, without waiting for a pause. Ends when the answer is there. */
  async now() {
    clearTimeout(this.#timer);
    if (this.#inFlight || !this.isDirty) return;
    await this.#save();
  }

  /** Whether the server has every word; tries to bring it about. */
  async settled() {
    const until = performance.now() + 10_000;
    while (this.isDirty && performance.now() < until && !this.#isWaiting()) {
      await this.now();
      if (this.isDirty) await new Promise((done) => setTimeout(done, 100));
    }
    return !this.isDirty;
  }

  /** A colleague saved: fetch their words by trying to save over them. */
  async look() {
    if (!this.#inFlight) await this.#save();
  }

  #changed() {
    if (!this.mayWrite) return;
    if (!this.isDirty) return this.#hasAll();
    this.#keep();
    this.#dirtySince ||= performance.now();
    if (!this.#isWaiting()) this.#tell("dirty");
    this.#later(Math.min(AFTER_THE_LAST_KEY, Math.max(0, this.#dirtySince + AT_THE_LATEST - performance.now())));
  }

  /** After a lost connection the next try comes by its own time, not with the next key. */
  #later(wait) {
    if (this.#isWaiting() && this.#timer) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.now(), wait);
  }

  #isWaiting() {
    return this.state === "away" || this.state === "signed-out";
  }

  #keep() {
    const kept = { base: this.base, mine: this.store.letter, at: new Date().toISOString() };
    if (!vault.keep(kept)) this.#tell("unkept");
  }

  async #save() {
    const letter = this.store.letter;
    this.#inFlight = true;
    this.#dirtySince = 0;
    if (!this.#isWaiting()) this.#tell("saving");
    const answer = await post(this.url, { version: this.base.version, ...toDocument(letter) });
    this.#inFlight = false;
    await this.#heard(answer, letter);
  }

  async #heard({ ending, data }, letter) {
    this.#timer = 0;
    if (ending === "ok") return this.#saved(data, letter);
    if (ending === "conflict" && data?.document) return this.#together(data);
    if (ending === "signed-out" && !this.triedAgain && (await signedInAgain())) {
      this.triedAgain = true;
      return this.#save();
    }
    this.triedAgain = false;
    const state = ending === "conflict" ? "refused" : ending;
    this.#tell(state, data);
    if (state !== "refused") this.#retry();
  }

  #saved(data, letter) {
    this.triedAgain = false;
    this.#tries = 0;
    this.base = { version: data.version, letter };
    if (!this.isDirty) return this.#hasAll(data);
    this.#keep();
    this.#tell("dirty");
    this.#later(AFTER_THE_LAST_KEY);
  }

  #hasAll(data = this.data) {
    clearTimeout(this.#timer);
    this.#timer = this.#dirtySince = 0;
    vault.clear();
    this.#tell("saved", data);
  }

  /** Somebody was faster. Their words come in, and what is now here is saved on top of them. */
  #together(data) {
    const theirs = fromDocument(data);
    const { both, lines } = this.store.takeIn(this.base.letter, theirs);
    this.base = { version: data.version, letter: theirs };
    this.#tell("merged", { by: data.by, mine: data.mine, at: data.saved, both, lines });
    if (this.isDirty) this.#changed();
    else this.#hasAll({ saved: data.saved });
  }

  #retry() {
    const wait = Math.min(FIRST_RETRY * 2 ** this.#tries, LONGEST_RETRY);
    this.#tries += 1;
    this.#timer = setTimeout(() => this.now(), wait);
  }

  /** The page may not come back: the vault has it all, and the server gets it if there is still time. */
  #leaving() {
    if (!this.isDirty) return;
    this.#keep();
    const words = JSON.stringify(toDocument(this.store.letter));
    if (!this.#inFlight && words.length < MOST_BYTES_IN_LEAVING) this.#parting();
  }

  async #parting() {
    const letter = this.store.letter;
    const said = { version: this.base.version, ...toDocument(letter) };
    this.#inFlight = true;
    const answer = await post(this.url, said, { keepalive: true });
    this.#inFlight = false;
    if (answer.ending === "ok") this.#saved(answer.data, letter);
    else this.#later(FIRST_RETRY);
  }

  #tell(state, data = {}) {
    Object.assign(this, { state, data: { ...this.data, ...data } });
    this.dispatchEvent(new CustomEvent("state", { detail: { state, data } }));
  }
}

/** Words that an earlier window could not save come into this one. @returns {Promise<boolean>} whether there were any */
export async function restore(store, saving) {
  const found = await vault.left();
  for (const { key, kept } of found) {
    if (!isSame(kept.base.letter, kept.mine)) takeOver(store, saving, kept);
    vault.forget(key);
  }
  return found.length > 0 && saving.isDirty;
}

/** What was kept is mine; what the server has by now is theirs. */
function takeOver(store, saving, kept) {
  const server = saving.base.letter;
  const own = isSame(store.letter, server) ? kept.mine : null;
  if (own && isSame(kept.base.letter, server)) return store.act(own);
  const theirs = store.letter;
  store.letter = kept.mine;
  store.takeIn(kept.base.letter, theirs);
  return undefined;
}
