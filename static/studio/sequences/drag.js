// Moving a step by its handle, with a mouse, a pen or a finger. Nothing moves under the pointer: the places where it can
// stand light up, and only letting go puts it there. Escape leaves everything as it was.

const EDGE = 72; // px from the window's edge where the page begins to roll
const SPEED = 14;

export class Drag {
  /** @param {import("./desk.js").Desk} desk @param {import("./typing.js").Typing} typing */
  constructor(desk, typing) {
    Object.assign(this, { desk, typing, step: null, gap: null, rolling: 0 });
    addEventListener("pointerdown", (event) => this.#begin(event));
    addEventListener("pointermove", (event) => this.#isMine(event) && this.#over(event));
    addEventListener("pointerup", (event) => this.#isMine(event) && this.#drop());
    addEventListener("pointercancel", (event) => this.#isMine(event) && this.#end());
    addEventListener("keydown", (event) => event.key === "Escape" && this.step && this.#end(), true);
  }

  /** Another finger on the page has nothing to do with it. */
  #isMine(event) {
    return this.step !== null && event.pointerId === this.pointer;
  }

  #begin(event) {
    const handle = event.target.closest?.("#editor [data-drag]");
    if (!handle || event.button || this.step) return;
    this.step = handle.closest("[data-step]");
    this.pointer = event.pointerId;
    this.step.classList.add("dragged");
    this.desk.editor.classList.add("dragging");
    event.preventDefault();
  }

  #over(event) {
    this.y = event.clientY;
    this.#light();
    this.rolling ||= requestAnimationFrame(() => this.#roll());
  }

  /** The place nearest to the pointer that is not inside the step itself. */
  #light() {
    const far = (gap) => {
      const { top, bottom } = gap.firstElementChild.getBoundingClientRect();
      return Math.abs((top + bottom) / 2 - this.y);
    };
    const own = this.step.querySelector(":scope > .gap");
    const gaps = [...this.desk.editor.querySelectorAll(".gap")];
    const free = gaps.filter((gap) => gap === own || !this.step.contains(gap));
    const nearest = free.reduce((best, gap) => (far(gap) < far(best) ? gap : best));
    this.gap?.classList.remove("here");
    this.gap = nearest;
    nearest.classList.add("here");
  }

  #roll() {
    this.rolling = 0;
    if (!this.step) return;
    const over = Math.max(0, EDGE - this.y) - Math.max(0, this.y - (innerHeight - EDGE));
    if (!over) return;
    scrollBy(0, -Math.sign(over) * Math.min(SPEED, Math.abs(over) / 4));
    this.#light();
    this.rolling = requestAnimationFrame(() => this.#roll());
  }

  #drop() {
    const { step, gap } = this;
    this.#end();
    if (!gap || gap === step.querySelector(":scope > .gap")) return;
    const { step: key } = step.dataset;
    const fields = { act: "move", key, place: gap.dataset.place };
    void this.typing.settle().then((isClear) => isClear && this.desk.ask(fields, `step:${key}:down`));
  }

  #end() {
    this.step?.classList.remove("dragged");
    this.gap?.classList.remove("here");
    this.desk.editor.classList.remove("dragging");
    Object.assign(this, { step: null, gap: null });
  }
}
