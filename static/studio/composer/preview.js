// The mail beside its words, as a reader would get it: asked of the server, which renders it as it renders the real one.

import { Frame } from "./frame.js";
import { toDocument } from "./letter.js";
import { post } from "./requests.js";
import { say } from "./say.js";

const A_PAUSE = 40; // ms without a key
const AGAIN = 4000;
const MOST_LOOKS = 30; // how often it is asked again while links are being looked at, or a test mail is on its way
const WIDTHS = { phone: 390, desktop: 680 };

/**
 * Tells "answer" with what the server said: subject, preheader, sender, bytes, problems, findings; and "alone" when the
 * reader whose copy was shown is not there any more.
 */
export class Preview extends EventTarget {
  #timer = 0;
  #isAsking = false;
  #isOld = false;
  #begun = 0;
  #answer = null;
  #looks = 0;
  #follows = false;

  /** @param {import("./store.js").Store} store */
  constructor(store, { url }) {
    super();
    Object.assign(this, { store, url, lead: null, look: { width: "phone", dark: false, images: true, text: false } });
    this.box = document.getElementById("preview-box");
    this.frame = new Frame(this.box.querySelector("iframe"));
    this.text = this.box.querySelector("pre");
    this.note = document.getElementById("preview-note");
    store.addEventListener("change", ({ detail }) => this.soon({ isMine: detail.why !== "merge" }));
    addEventListener("focus", () => this.ask()); // something was put right in another window
    new ResizeObserver(() => this.#size()).observe(this.box);
    this.ask();
  }

  /** After a pause of the keys. What I have written comes into sight; what a colleague has moves nothing. */
  soon({ isMine }) {
    this.#follows ||= isMine;
    this.#begun = performance.now();
    this.#looks = 0;
    this.#later(A_PAUSE);
  }

  #later(wait) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.ask(), wait);
  }

  /** One question at a time: what was typed meanwhile is asked when the answer is there, so they come in order. */
  async ask() {
    clearTimeout(this.#timer);
    if (this.#isAsking) {
      this.#isOld = true;
      return;
    }
    const [from, follow] = [this.#begun || performance.now(), this.#follows];
    this.#begun = 0;
    this.#follows = false;
    this.#isAsking = true;
    const answer = await post(this.url, { ...toDocument(this.store.letter), lead: this.lead, dark: this.look.dark });
    this.#isAsking = false;
    if (answer.ending === "ok") await this.#heard(answer.data, { from, follow });
    else this.#unheard(answer);
    if (this.#isOld) this.ask();
    this.#isOld = false;
  }

  async #heard(data, { from, follow }) {
    this.#answer = data;
    await this.#draw({ follow });
    performance.measure("composer:preview", { start: from, end: performance.now() });
    this.dispatchEvent(new CustomEvent("answer", { detail: data }));
    const isAwaited = data.pending || data.tested.standing === "under_way";
    if (!isAwaited || this.#isOld || this.#looks >= MOST_LOOKS) return;
    this.#looks += 1;
    this.#later(AGAIN);
  }

  /** What is shown stays; the question is asked again, unless it was heard and the answer is no. */
  #unheard({ ending, data }) {
    if (ending === "refused" && this.lead !== null) return this.#alone();
    this.#note(data?.why ?? say(ending === "signed-out" ? "preview_signed_out" : "preview_rests"));
    return ending === "refused" || this.#later(AGAIN);
  }

  #alone() {
    this.lead = null;
    this.dispatchEvent(new CustomEvent("alone"));
    this.#later(0);
  }

  async #draw({ follow = false } = {}) {
    const { html, text, left } = this.#answer;
    this.#note(left ? say("preview_without", { count: left }) : "");
    this.box.classList.toggle("stale", html === null);
    if (html === null) return;
    await this.frame.show(html, { images: this.look.images, follow });
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
