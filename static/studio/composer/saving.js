// Saving by itself: soon after the last key, whatever the network, the session or a colleague does in the meantime.
//
// Everything typed is kept in this browser at once (vault) and leaves it only when the server has it. A letter that went
// to the server without an answer is sent once more as it was: the server may have it, and knows its own words again.

import { fromDocument, isSame, toDocument } from "./letter.js";
import { post } from "./requests.js";
import * as vault from "./vault.js";

const AFTER_THE_LAST_KEY = 1500;
const AT_THE_LATEST = 4500;
const FIRST_RETRY = 2000;
const LONGEST_RETRY = 60_000;
const MOST_BYTES_IN_LEAVING = 60_000;
const WAITING = new Set(["away", "signed-out", "locked"]);

/**
 * Tells "state" with {state, data}: "dirty", "saving", "saved", "away", "signed-out", "locked", "refused", "merged"; and
 * "unkept" once when this browser keeps nothing. After "merged" data is {by, mine, at, both, lines}: see merge.js.
 */
export class Saving extends EventTarget {
  #timer = 0;
  #dirtySince = 0;
  #tries = 0;
  #inFlight = false;
  #sent = null;
  #isKept = true;

  /** @param {import("./store.js").Store} store @param {number} version of the letter that the store begins with */
  constructor(store, version, { url }) {
    super();
    const base = { version, letter: store.letter, kept: store.letter };
    Object.assign(this, { store, base, url, state: "saved", data: {} });
    store.addEventListener("change", () => this.#changed());
    addEventListener("online", () => this.now());
    addEventListener("focus", () => this.#isWaiting() && this.now());
    document.addEventListener("visibilitychange", () => document.hidden && this.#leaving());
    addEventListener("pagehide", () => this.#leaving());
    addEventListener("beforeunload", (event) => this.isDirty && !this.#isKept && event.preventDefault());
  }

  get isDirty() {
    return !isSame(this.store.letter, this.base.letter);
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
    while (this.isDirty && performance.now() < until) {
      await this.now();
      if (this.#isWaiting() || this.state === "refused") break;
      if (this.isDirty) await new Promise((done) => setTimeout(done, 100));
    }
    return !this.isDirty;
  }

  /** A colleague saved: fetch their words by trying to save over them. */
  async look() {
    if (!this.#inFlight) await this.#save();
  }

  /** Whether the campaign may be changed, as somebody else has just made it. */
  may(isEditable) {
    if (!isEditable && this.state !== "locked") this.#tell("locked");
    if (isEditable && this.state === "locked") this.#unlocked();
  }

  #unlocked() {
    this.#tell(this.isDirty ? "dirty" : "saved");
    this.now();
  }

  #changed() {
    if (!this.isDirty && this.state !== "locked") return this.#hasAll();
    this.#keep();
    this.#dirtySince ||= performance.now();
    if (!this.#isWaiting()) this.#tell("dirty");
    return this.#later(Math.min(AFTER_THE_LAST_KEY, Math.max(0, this.#dirtySince + AT_THE_LATEST - performance.now())));
  }

  /** After a lost connection the next try comes by its own time, not with the next key. */
  #later(wait) {
    if (this.state === "locked" || (this.#isWaiting() && this.#timer)) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.now(), wait);
  }

  #isWaiting() {
    return WAITING.has(this.state);
  }

  #keep() {
    const kept = { base: this.base, mine: this.store.letter, sent: this.#sent, at: new Date().toISOString() };
    const isKept = vault.keep(kept);
    if (this.#isKept && !isKept) this.dispatchEvent(new CustomEvent("unkept"));
    this.#isKept = isKept;
  }

  async #save() {
    const letter = this.#sent ?? this.store.letter;
    this.#dirtySince = 0;
    if (!this.#isWaiting()) this.#tell("saving");
    this.#heard(await this.#post(letter), letter);
  }

  async #post(letter, options = {}) {
    this.#sent = letter;
    this.#inFlight = true;
    this.#keep();
    const answer = await post(this.url, { version: this.base.version, ...toDocument(letter) }, options);
    this.#inFlight = false;
    if (answer.ending !== "away") this.#sent = null;
    return answer;
  }

  #heard({ ending, data }, letter) {
    this.#timer = 0;
    if (ending === "ok") return this.#saved(data, letter);
    if (ending === "conflict" && data?.document) return this.#together(data);
    const state = ending === "conflict" ? "refused" : ending;
    this.#keep();
    this.#tell(state, data);
    if (state === "away" || state === "signed-out") this.#retry();
    return undefined;
  }

  #saved(data, letter) {
    const wasAway = this.#tries > 0;
    this.#tries = 0;
    this.base = { version: data.version, letter, kept: fromDocument(data) };
    if (!this.isDirty) return this.#hasAll(data);
    this.#keep();
    this.#tell("dirty");
    return this.#later(wasAway ? 0 : AFTER_THE_LAST_KEY);
  }

  #hasAll(data = this.data) {
    clearTimeout(this.#timer);
    this.#timer = this.#dirtySince = 0;
    this.#sent = null;
    vault.clear();
    this.#tell("saved", data);
  }

  /** Somebody was faster. Their words come in, and what is now here is saved on top of them. */
  #together(data) {
    const theirs = fromDocument(data);
    const { both, lines } = this.store.takeIn(this.base, theirs);
    this.base = { version: data.version, letter: theirs, kept: theirs };
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
    const canGo = !this.#inFlight && !this.#sent && this.state !== "locked" && words.length < MOST_BYTES_IN_LEAVING;
    if (canGo) this.#parting(this.store.letter);
  }

  async #parting(letter) {
    const answer = await this.#post(letter, { keepalive: true });
    if (answer.ending === "ok") this.#saved(answer.data, letter);
    else this.#later(FIRST_RETRY);
  }

  /** What an earlier window sent without hearing an answer, once more. @returns what that window goes on from */
  async again({ base, sent }) {
    const { ending, data } = await post(this.url, { version: base.version, ...toDocument(sent) });
    if (ending !== "ok") return base;
    this.base = { version: data.version, letter: sent, kept: fromDocument(data) };
    this.#tell("saved", data);
    return this.base;
  }

  #tell(state, data = {}) {
    Object.assign(this, { state, data: { ...this.data, ...data } });
    this.dispatchEvent(new CustomEvent("state", { detail: { state, data } }));
  }
}
