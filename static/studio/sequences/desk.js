// Asks the server for one thing after the other, and puts its answer in the place of what the page showed.
// The answer is the part of the page that may have changed; the number of the draft travels in it.

import { tell } from "./beside.js";
import { markOf, returnTo } from "./focus.js";

/** What became of something that was sent: done, not fitting yet, or nobody answered. */
export const [KEPT, REFUSED, UNHEARD] = ["kept", "refused", "unheard"];

const PATIENCE = 15_000; // ms: a connection that says nothing for so long is none
const NOT_SIGNED_IN = 403;

export class Desk {
  #queue = Promise.resolve();
  #told = ""; // what was last said to be wrong while somebody typed: it is said once

  /** @param {HTMLElement} live the line that a screen reader hears */
  constructor(live) {
    this.live = live;
  }

  get editor() {
    return document.getElementById("editor");
  }

  get isOvertaken() {
    return this.editor.hasAttribute("data-overtaken");
  }

  ready() {
    this.editor.setAttribute("data-ready", "");
  }

  /** Let a form that leaves the page speak of the draft as it is now. */
  renumber(form) {
    for (const input of form.querySelectorAll('input[name="number"]')) input.value = this.editor.dataset.number;
  }

  /**
   * What a button does, and the page as it is then. A form that was replaced before its turn says nothing any more.
   * What was typed is tried again where nobody answers; anything else is for whoever pressed it.
   */
  act(form, submitter) {
    return this.#next(async () => {
      if (!form.isConnected) return KEPT;
      const otherwise = form.hasAttribute("data-autosave") ? "away" : "undone";
      return this.#show(this.#sent(form, submitter), markOf(submitter), otherwise);
    });
  }

  /** An act without a form of its own. @param {Record<string, string>} fields */
  ask(fields, mark) {
    return this.#next(() => this.#show(this.#asked(fields), mark));
  }

  /** Another form opened, or none. */
  look(url, name) {
    const mark = name ? `form:${name}` : "";
    return this.#next(() => this.#show(fetch(url, how({})), mark));
  }

  /** What a colleague saved, or somebody wrote in the composer, while this window was not looked at. */
  refresh() {
    return this.#next(async () => {
      const { page, open, number } = this.editor.dataset;
      const fresh = await read(fetch(`${page}?open=${open}`, how({}))).catch(() => null);
      if (!fresh || fresh.dataset.number === number) return;
      const { newer } = fresh.dataset;
      this.#replace(fresh, markOf(document.activeElement));
      this.announce(newer);
    });
  }

  /** What is being typed, saved: only what stands around it, and beside its fields, changes. */
  save(form) {
    return this.#next(async () => {
      if (!form.isConnected) return KEPT; // replaced meanwhile: what stood in it is shown beside what is there now
      this.say("saving", "dirty");
      const { fresh, status } = await this.#answer(this.#sent(form), "away");
      if (!fresh) return UNHEARD;
      if (fresh.hasAttribute("data-overtaken")) {
        this.#replace(fresh, "#overtaken");
        return KEPT;
      }
      this.#around(fresh);
      const wrong = tell(form, fresh.querySelector("form[data-autosave]"));
      return status < 400 ? this.#fits() : this.#refused(fresh.dataset.why, wrong);
    });
  }

  /** Nothing was done, for nobody can be reached. */
  undone() {
    this.#told = "";
    this.#wrong("undone");
  }

  /** The line that says where the words are. */
  say(name, state = "", words = "") {
    const line = document.getElementById("saved");
    line.dataset.state = state;
    if (name) line.textContent = this.editor.dataset[name];
    if (words) line.textContent = words;
  }

  announce(sentence) {
    if (!sentence) return;
    this.live.textContent = this.live.textContent === sentence ? `${sentence}\u00a0` : sentence;
  }

  #next(work) {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  #sent(form, submitter) {
    const data = new FormData(form, submitter);
    data.set("number", form.closest("#overtaken") ? data.get("number") : this.editor.dataset.number);
    return fetch(this.editor.dataset.act, how({ method: "POST", body: data }));
  }

  #asked(fields) {
    const data = new FormData(document.getElementById("tools"));
    for (const [name, value] of Object.entries({ ...fields, number: this.editor.dataset.number })) data.set(name, value);
    return fetch(this.editor.dataset.act, how({ method: "POST", body: data }));
  }

  async #show(asked, mark, otherwise = "undone") {
    this.#told = "";
    const { fresh, status } = await this.#answer(asked, otherwise);
    if (!fresh) return UNHEARD;
    const isOvertaken = fresh.hasAttribute("data-overtaken");
    this.#replace(fresh, isOvertaken ? "#overtaken" : mark);
    if (status < 400 || isOvertaken) return KEPT;
    this.#told = fresh.dataset.why;
    return REFUSED;
  }

  /** The editor as it is answered; nothing, and the sentence of that name, where nobody answers. */
  async #answer(asked, otherwise) {
    try {
      const answer = await asked;
      const isElsewhere = answer.redirected && new URL(answer.url).pathname.includes("/sign-in");
      if (isElsewhere || answer.status === NOT_SIGNED_IN) return this.#wrong("signedOut");
      const fresh = await read(answer);
      return fresh ? { fresh, status: answer.status } : this.#wrong("failed");
    } catch {
      return this.#wrong(otherwise);
    }
  }

  #wrong(name) {
    this.say(name, "wrong");
    this.#tell(this.editor.dataset[name]);
    return { fresh: null, status: 0 };
  }

  #refused(why, wrong) {
    this.say(null, "wrong", why);
    this.#tell([why, ...wrong].join(" "));
    return REFUSED;
  }

  /** Whoever heard that something was wrong hears when it is no more. */
  #fits() {
    if (this.#told) this.announce(this.editor.dataset.saved);
    this.#told = "";
    return KEPT;
  }

  #tell(sentence) {
    if (sentence === this.#told) return;
    this.#told = sentence;
    this.announce(sentence);
  }

  #replace(fresh, mark) {
    this.editor.replaceWith(document.adoptNode(fresh));
    this.ready();
    returnTo(mark);
    this.announce(fresh.dataset.said || fresh.dataset.why);
  }

  /** The open form stays as it is typed; words, problems and numbers around it are new. */
  #around(fresh) {
    for (const part of fresh.querySelectorAll("[data-live][id]")) {
      const mine = document.getElementById(part.id);
      if (mine && !mine.contains(document.activeElement)) mine.innerHTML = part.innerHTML;
    }
    const { number, saved } = fresh.dataset;
    Object.assign(this.editor.dataset, { number, saved });
    this.say("saved");
  }
}

/** The editor in an answer; null where there is none. */
async function read(asked) {
  const text = await (await asked).text();
  return new DOMParser().parseFromString(text, "text/html").getElementById("editor");
}

function how(more) {
  const headers = { "X-Editor": "1" };
  return { headers, credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(PATIENCE), ...more };
}
