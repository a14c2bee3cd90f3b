// What every field of words has in common: it is an editor that shows merge fields as chips. See plain.js and rich.js.
//
// Undoing is the letter's business (store.js), not this field's.

import * as prose from "../../django_prose_editor/editor.js";
import { chips } from "./chips.js";

const { Editor } = prose;

/** @implements {import("./inputs.js").Field} */
export class Prose {
  #isNew = true;

  /** @param {HTMLElement} box @param {string} words @param {(words: string) => void} write */
  constructor(box, words, write, { mergeFields, extensions, className, props = {} }) {
    Object.assign(this, { box, write, words });
    const attributes = {
      class: `form-control ${className}`,
      role: "textbox",
      "aria-multiline": String(box.dataset.plain !== "line"),
      "aria-labelledby": box.dataset.labelledby,
      "aria-describedby": box.dataset.describedby ?? `${box.id}-error`,
    };
    this.editor = new Editor({
      element: box,
      content: this.read(words),
      injectCSS: false,
      extensions: [...extensions, chips(mergeFields)],
      editorProps: { attributes, ...props },
      onFocus: () => (this.#isNew = false),
      onUpdate: () => this.#typed(),
      onTransaction: () => this.drawn(),
    });
    box.closest(".field").querySelector(".form-label").addEventListener("click", () => this.focus());
  }

  /** The words as an editor takes them. */
  read(words) {
    return words;
  }

  /** Something may look otherwise now. */
  drawn() {}

  #typed() {
    this.words = this.written();
    this.write(this.words);
  }

  draw(value = "") {
    if (value === this.words) return;
    this.words = value;
    const { from, to } = this.editor.state.selection;
    this.editor.commands.setContent(this.read(value), { emitUpdate: false });
    const end = this.editor.state.doc.content.size - 1;
    if (this.editor.isFocused) this.editor.commands.setTextSelection({ from: Math.min(from, end), to: Math.min(to, end) });
  }

  flag(wrong) {
    const { dom } = this.editor.view;
    dom.classList.toggle("is-invalid", wrong);
    if (wrong) dom.setAttribute("aria-invalid", "true");
    else dom.removeAttribute("aria-invalid");
  }

  /** A merge field where the cursor is; at the end where nobody has been yet. */
  insert(written) {
    this.editor.chain().focus(this.#isNew ? "end" : null).insertContent({ type: "chip", attrs: { written } }).run();
  }

  /** @param {"end" | null} at where the cursor is to stand; without it where it was */
  focus(at = null) {
    this.editor.commands.focus(at);
  }

  end() {
    this.editor.destroy();
  }
}
