// Asks the server for one thing after the other, and puts its answer in the place of what the page showed.
// The answer is the part of the page that may have changed; the number of the draft travels in it.

import { markOf, returnTo } from "./focus.js";

const PATIENCE = 15_000; // ms: a connection that says nothing for so long is none
const NOT_SIGNED_IN = 403;

export class Desk {
  #queue = Promise.resolve();

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

  /** What a button does, and the page as it is then. A form that was replaced before its turn says nothing any more. */
  act(form, submitter) {
    return this.#next(async () => {
      if (form.isConnected) await this.#show(this.#sent(form, submitter), markOf(submitter));
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

  /** What is being typed, saved: only what stands around it changes. @returns {Promise<boolean>} whether it was heard */
  save(form) {
    return this.#next(async () => {
      if (!form.isConnected) return true; // replaced meanwhile: what stood in it is shown beside what is there now
      this.say("saving", "dirty");
      const { fresh, status } = await this.#answer(this.#sent(form));
      if (!fresh) return false;
      if (fresh.hasAttribute("data-overtaken")) this.#replace(fresh, "#overtaken");
      else this.#around(fresh);
      if (status >= 400) this.say(null, "wrong", fresh.dataset.why);
      return true;
    });
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

  async #show(asked, mark) {
    const { fresh } = await this.#answer(asked);
    if (fresh) this.#replace(fresh, fresh.hasAttribute("data-overtaken") ? "#overtaken" : mark);
  }

  async #answer(asked) {
    try {
      const answer = await asked;
      const isElsewhere = answer.redirected && new URL(answer.url).pathname.includes("/sign-in");
      if (isElsewhere || answer.status === NOT_SIGNED_IN) return this.#wrong("signedOut");
      const fresh = await read(answer);
      return fresh ? { fresh, status: answer.status } : this.#wrong("failed");
    } catch {
      return this.#wrong("away");
    }
  }

  #wrong(name) {
    this.say(name, "wrong");
    this.announce(this.editor.dataset[name]);
    return { fresh: null, status: 0 };
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
