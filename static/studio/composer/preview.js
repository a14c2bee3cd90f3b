// The mail beside its words, as a reader would get it: asked of the server, which renders it as it renders the real one.

import { Frame } from "./frame.js";
import { toDocument } from "./letter.js";
import { post } from "./requests.js";
import { say } from "./say.js";

const A_PAUSE = 120; // ms without a key
const AGAIN = 4000;
const WIDTHS = { phone: 390, desktop: 680 };

/** Tells "answer" with what the server said: subject, preheader, sender, bytes, problems, findings. */
export class Preview extends EventTarget {
  #timer = 0;
  #asked = null;
  #begun = 0;
  #answer = null;

  /** @param {import("./store.js").Store} store */
  constructor(store, { url }) {
    super();
    Object.assign(this, { store, url, lead: null, look: { width: "phone", dark: false, images: true, text: false } });
    this.box = document.getElementById("preview-box");
    this.frame = new Frame(this.box.querySelector("iframe"));
    this.text = this.box.querySelector("pre");
    this.note = document.getElementById("preview-note");
    store.addEventListener("change", () => this.soon());
    new ResizeObserver(() => this.#size()).observe(this.box);
    this.ask();
  }

  /** After a pause of the keys; a newer question takes an older one's place, so answers come in order. */
  soon(wait = A_PAUSE) {
    this.#begun = performance.now();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.ask(), wait);
  }

  async ask() {
    clearTimeout(this.#timer);
    this.#asked?.abort();
    const asked = new AbortController();
    const from = this.#begun || performance.now();
    this.#asked = asked;
    this.#begun = 0;
    const answer = await this.#question(this.store.letter, asked.signal).catch(() => null);
    if (!answer || asked.signal.aborted) return;
    if (answer.ending === "ok") await this.#heard(answer.data, from);
    else this.#unheard();
  }

  /** A block that is not finished keeps nobody from seeing the others: the mail is shown without it. */
  async #question(letter, signal) {
    const answer = await this.#post(letter, signal);
    const broken = new Set(answer.data?.problems?.map((problem) => problem.block).filter(Boolean));
    if (answer.ending !== "ok" || answer.data.html !== null || !broken.size) return answer;
    const whole = { ...letter, blocks: letter.blocks.filter((block) => !broken.has(block.id)) };
    const without = await this.#post(whole, signal);
    if (without.ending !== "ok" || without.data.html === null) return answer;
    return { ending: "ok", data: { ...without.data, problems: answer.data.problems, left: broken.size } };
  }

  #post(letter, signal) {
    return post(this.url, { ...toDocument(letter), lead: this.lead, dark: this.look.dark }, { signal });
  }

  async #heard(data, from) {
    this.#answer = data;
    await this.#draw();
    performance.measure("composer:preview", { start: from, end: performance.now() });
    this.dispatchEvent(new CustomEvent("answer", { detail: data }));
  }

  /** What is shown stays; the question is asked again. */
  #unheard() {
    this.#note(say("preview_rests"));
    this.#timer = setTimeout(() => this.ask(), AGAIN);
  }

  async #draw() {
    const { html, text, left } = this.#answer;
    this.#note(left ? say("preview_without", { count: left }) : "");
    this.box.classList.toggle("stale", html === null);
    if (html === null) return;
    await this.frame.show(html, { images: this.look.images });
    this.text.textContent = text;
  }

  #note(words) {
    this.note.hidden = !words;
    if (this.note.textContent !== words) this.note.textContent = words;
  }

  /** @param {Partial<{width: string, dark: boolean, images: boolean, text: boolean}>} change */
  set(change) {
    const wasDark = this.look.dark;
    this.look = { ...this.look, ...change };
    this.text.hidden = !this.look.text;
    this.frame.element.hidden = this.look.text;
    this.frame.scheme = this.look.dark ? "dark" : "light";
    this.box.dataset.look = this.look.dark ? "dark" : "light";
    this.#size();
    if (wasDark !== this.look.dark) this.ask();
    else if (this.#answer) this.#draw();
  }

  /** @param {number | null} lead whose copy is shown; nobody's in particular without */
  as(lead) {
    this.lead = lead;
    this.ask();
  }

  #size() {
    const { clientWidth, clientHeight } = this.box;
    if (clientWidth) this.frame.size(WIDTHS[this.look.width], clientWidth, clientHeight);
  }
}
