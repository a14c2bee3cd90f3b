// What is to be looked at before it goes out: the list beside the preview, the sentences at their places, and the fixes.

import { fixes } from "./fixes.js";
import { handsOff } from "./pointer.js";
import { announce, say, stamp } from "./say.js";

/**
 * @typedef {{code: string, where: string, block: string, field: string, why: string, blocking: boolean,
 *   key: string, words: string, fix: {act: string, label: string, block?: string} | null}} Finding
 */
export class Findings {
  #found = [];

  constructor({ preview, view, lines, acts, errands, ways }) {
    Object.assign(this, { view, lines, acts, errands, ways });
    this.list = document.getElementById("findings");
    this.summary = document.getElementById("findings-summary");
    preview.addEventListener("answer", ({ detail }) => this.#heard(detail));
    view.list.addEventListener("focusout", (event) => this.#left(event));
    view.store.addEventListener("change", ({ detail }) => detail.why !== "act" && this.#show());
    this.#arrive(location.hash.slice(1));
  }

  /** Where another page's finding led to: a line of the inbox, or a block. A browser that goes there itself would
   *  take the focus away again, for what bears the name takes none. */
  #arrive(place) {
    const isLine = this.lines.some((line) => line.name === place);
    if (!isLine && !this.view.card(place)) return;
    history.replaceState(history.state, "", location.pathname + location.search);
    this.go(isLine ? { field: place } : { block: place });
  }

  #heard({ problems = [], findings = [] }) {
    const all = [...problems.map((problem) => ({ ...problem, blocking: problem.blocking ?? true })), ...findings];
    const known = new Set();
    this.#found = all.filter((finding) => {
      const name = [finding.block, finding.field, finding.why].join("\n");
      return !known.has(name) && known.add(name);
    });
    this.#found.sort((one, other) => Number(other.blocking) - Number(one.blocking));
    this.#show();
  }

  async #show() {
    await handsOff();
    this.#place();
    this.#draw();
  }

  /** Nobody is told off for words that they are about to write: a new block's come when it is left. */
  #left(event) {
    const card = this.view.card(event.target.closest("[data-block]")?.dataset.block);
    if (!card?.isNew || card.element.contains(event.relatedTarget)) return;
    card.isNew = false;
    this.#show();
  }

  #place() {
    for (const card of this.view.cards) {
      const own = this.#found.filter(({ block }) => block === card.id);
      card.problems(card.isNew ? [] : own);
    }
    for (const line of this.lines) line.problems(this.#found.filter(({ block, field }) => !block && field === line.name));
  }

  #draw() {
    const blocking = this.#found.filter((finding) => finding.blocking).length;
    const advice = this.#found.length - blocking;
    const name = blocking ? "findings_blocking" : advice ? "findings_advice" : "findings_none";
    const words = say(name, { blocking, advice });
    if (this.summary.textContent !== words) this.summary.textContent = words;
    this.summary.dataset.state = name;
    const drawn = JSON.stringify(this.#found);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.#keepFocus(() => this.list.replaceChildren(...this.#found.map((finding) => this.#line(finding))));
  }

  /** Who stands on a finding stands on its place afterwards, though the list is a new one. */
  #keepFocus(draw) {
    const buttons = () => [...this.list.querySelectorAll("button, a")];
    const place = buttons().indexOf(document.activeElement);
    draw();
    if (place >= 0) (buttons()[place] ?? buttons().at(-1) ?? this.summary).focus();
  }

  /** @param {Finding} finding */
  #line(finding) {
    const line = stamp("finding");
    line.classList.toggle("finding-wrong", finding.blocking);
    line.querySelector("[data-weight]").textContent = say(finding.blocking ? "blocking" : "advice");
    const where = line.querySelector("[data-go]");
    where.textContent = finding.where || say("whole_letter");
    where.addEventListener("click", () => this.go(finding));
    line.querySelector("[data-why]").textContent = finding.why;
    this.#offer(line.querySelector("[data-fix]"), finding);
    return line;
  }

  #offer(button, finding) {
    const act = finding.fix?.act;
    const way = this.ways[act];
    const isErrand = this.errands.knows(act);
    if (!act || !(act in fixes || way || isErrand)) return button.remove();
    button.textContent = finding.fix.label;
    if (way) return button.replaceWith(link(way, button));
    return button.addEventListener("click", () => (isErrand ? this.errands.run(act, finding) : this.#fix(act, finding)));
  }

  #fix(act, finding) {
    const { store } = this.acts;
    const before = store.letter;
    fixes[act](this.acts, finding);
    if (store.letter === before) return this.go(finding);
    return announce(say("fixed", { what: finding.fix.label }));
  }

  /** @param {Finding} finding */
  go({ block, field }) {
    document.dispatchEvent(new CustomEvent("composer:write"));
    if (block) return this.view.focus(block, field);
    return (this.lines.find((line) => line.name === field) ?? this.lines[0]).focus();
  }
}

function link(url, button) {
  const found = document.createElement("a");
  Object.assign(found, { className: button.className, href: url, target: "_blank", rel: "noopener" });
  found.append(button.textContent, elsewhere());
  return found;
}

/** Said, not shown: the way leads to another window, and this one stays. */
function elsewhere() {
  const words = document.createElement("span");
  words.className = "visually-hidden";
  words.textContent = ` ${say("other_window")}`;
  return words;
}
