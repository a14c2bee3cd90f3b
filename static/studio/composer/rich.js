// Text with few marks: bold, italic, links, lists. ProseMirror knows nothing else, so nothing else can be pasted in.
//
// Undoing is the letter's business (store.js), not this field's.

import * as prose from "../../django_prose_editor/editor.js";

const { BulletList, Document, Editor, Extension, HardBreak, ListItem, Mark, OrderedList, Paragraph, Text, pm } = prose;
const FIELD = /\{\{[^{}]*\}\}/g;

/** A link to one of our names or to an https address. */
const Link = Mark.create({
  name: "link",
  inclusive: false,
  addAttributes: () => ({ href: { default: "" } }),
  parseHTML: () => [{ tag: "a[href]", getAttrs: (link) => ({ href: link.getAttribute("href") }) }],
  renderHTML: ({ HTMLAttributes }) => ["a", HTMLAttributes, 0],
});

/** Merge fields are words like others; here they look like what they are. */
const Fields = Extension.create({
  name: "fields",
  addProseMirrorPlugins: () => [new pm.state.Plugin({ props: { decorations: ({ doc }) => pills(doc) } })],
});

function pills(doc) {
  const found = [];
  doc.descendants((node, at) => {
    if (!node.isText) return;
    for (const { 0: field, index } of node.text.matchAll(FIELD)) {
      found.push(pm.view.Decoration.inline(at + index, at + index + field.length, { class: "pill" }));
    }
  });
  return pm.view.DecorationSet.create(doc, found);
}

/** Links in the words are not followed by a click: they are words here. */
const Quiet = Extension.create({
  name: "quiet",
  addProseMirrorPlugins: () => [
    new pm.state.Plugin({ props: { handleDOMEvents: { click: (_view, event) => event.preventDefault() ?? false } } }),
  ],
});

const EXTENSIONS = [
  ...[Document, Paragraph, Text, HardBreak, BulletList, OrderedList, ListItem],
  ...[prose.Bold, prose.Italic, Link, Fields, Quiet],
];
const COMMANDS = {
  bold: (chain) => chain.toggleBold(),
  italic: (chain) => chain.toggleItalic(),
  bullets: (chain) => chain.toggleBulletList(),
  numbers: (chain) => chain.toggleOrderedList(),
};
const STATES = { bold: "bold", italic: "italic", bullets: "bulletList", numbers: "orderedList", link: "link" };

/** What TipTap says of no words at all is a paragraph; the letter says nothing. */
const plain = (html) => (html === "<p></p>" ? "" : html);

/** @implements {import("./inputs.js").Field} */
export class RichText {
  /** @param {HTMLElement} box @param {string} html @param {(html: string) => void} write */
  constructor(box, html, write, { links }) {
    Object.assign(this, { box, write, links, html });
    this.toolbar = box.closest(".rich").querySelector("[role=toolbar]");
    this.toolbar.addEventListener("click", (event) => this.#pressed(event.target.closest("[data-mark]")));
    this.editor = new Editor(this.#options(html));
  }

  #options(html) {
    const { id, dataset } = this.box;
    const attributes = {
      class: "form-control prose",
      role: "textbox",
      "aria-multiline": "true",
      "aria-labelledby": dataset.labelledby,
      "aria-describedby": `${id}-error`,
    };
    return {
      element: this.box,
      content: html,
      injectCSS: false,
      extensions: EXTENSIONS,
      editorProps: { attributes },
      onUpdate: ({ editor }) => this.#typed(plain(editor.getHTML())),
      onTransaction: () => this.#drawMarks(),
    };
  }

  #typed(html) {
    this.html = html;
    this.write(html);
  }

  draw(value = "") {
    if (value === this.html) return;
    this.html = value;
    const { from, to } = this.editor.state.selection;
    this.editor.commands.setContent(value, { emitUpdate: false });
    const end = this.editor.state.doc.content.size - 1;
    if (this.editor.isFocused) this.editor.commands.setTextSelection({ from: Math.min(from, end), to: Math.min(to, end) });
  }

  #pressed(button) {
    if (!button) return;
    if (button.dataset.mark === "link") this.#link();
    else COMMANDS[button.dataset.mark](this.editor.chain().focus()).run();
  }

  async #link() {
    const { editor } = this;
    editor.commands.extendMarkRange("link");
    const chosen = await this.links.ask(editor.getAttributes("link").href ?? "");
    if (chosen === null) return editor.commands.focus();
    const chain = editor.chain().focus();
    if (!chosen.href) return chain.unsetMark("link").run();
    if (!editor.state.selection.empty) return chain.setMark("link", { href: chosen.href }).run();
    const marks = [{ type: "link", attrs: { href: chosen.href } }];
    return chain.insertContent({ type: "text", text: chosen.label, marks }).run();
  }

  #drawMarks() {
    for (const button of this.toolbar.querySelectorAll("[data-mark]")) {
      const isOn = String(this.editor?.isActive(STATES[button.dataset.mark]) ?? false);
      if (button.getAttribute("aria-pressed") !== isOn) button.setAttribute("aria-pressed", isOn);
    }
  }

  flag(wrong) {
    const { dom } = this.editor.view;
    dom.classList.toggle("is-invalid", wrong);
    if (wrong) dom.setAttribute("aria-invalid", "true");
    else dom.removeAttribute("aria-invalid");
  }

  insert(words) {
    this.editor.chain().focus().insertContent({ type: "text", text: words }).run();
  }

  focus() {
    this.editor.commands.focus();
  }

  end() {
    this.editor.destroy();
  }
}
