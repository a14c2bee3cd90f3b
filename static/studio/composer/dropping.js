// The line that shows where among the blocks something will stand when it is let go.

export class DropLine {
  /** @param {HTMLElement} list of the blocks */
  constructor(list) {
    Object.assign(this, { list, line: document.getElementById("drop-line") });
  }

  /** Show it for this height in the window. @param {number} y @returns {number} before which block that is */
  show(y) {
    const boxes = [...this.list.children].map((card) => card.getBoundingClientRect());
    const to = boxes.filter((box) => box.top + box.height / 2 < y).length;
    const edge = to < boxes.length ? boxes[to].top : (boxes.at(-1)?.bottom ?? 0);
    this.line.hidden = false;
    this.line.style.top = `${edge - this.list.parentElement.getBoundingClientRect().top}px`;
    return to;
  }

  hide() {
    this.line.hidden = true;
  }
}
