// Text with few marks: bold, italic, links, lists. ProseMirror knows nothing else, so nothing else can be pasted in.

import * as prose from "../../django_prose_editor/editor.js";
import { withChips, withoutChips } from "./chips.js";
import { Prose } from "./prose.js";

const { BulletList, Document, Extension, HardBreak, ListItem, Mark, OrderedList, Paragraph, Text, pm } = prose;

/** A link to one of our names or to an https address. */
const Link = Mark.create({
  name: "link",
  inclusive: false,
  addAttributes: () => ({ href: { default: "" } }),
  parseHTML: () => [{ tag: "a[href]", getAttrs: (link) => ({ href: link.getAttribute("href") }) }],
  renderHTML: ({ HTMLAttributes }) => ["a", HTMLAttributes, 0],
});

/** Links in the words are not followed by a click: they are words here. */
const Quiet = Extension.create({
  name: "quiet",
  addProseMirrorPlugins: () => [
    new pm.state.Plugin({ props: { handleDOMEvents: { click: (_view, event) => event.preventDefault() ?? false } } }),
  ],
});

const EXTENSIONS = [
  ...[Document, Paragraph, Text, HardBreak, BulletList, OrderedList, ListItem],
  ...[prose.Bold, prose.Italic, Link, Quiet],
];
const COMMANDS = {
  bold: (chain) => chain.toggleBold(),
  italic: (chain) => chain.toggleItalic(),
  bullets: (chain) => chain.toggleBulletList(),
  numbers: (chain) => chain.toggleOrderedList(),
};
const STATES = { bold: "bold", italic: "italic", bullets: "bulletList", numbers: "orderedList", link: "link" };

export class RichText extends Prose {
  /** @param {HTMLElement} box @param {string} html @param {(html: string) => void} write */
  constructor(box, html, write, { links, mergeFields }) {
    super(box, html, write, { mergeFields, extensions: EXTENSIONS, className: "prose" });
    this.links = links;
    this.toolbar = box.closest(".rich").querySelector("[role=toolbar]");
    this.toolbar.addEventListener("click", (event) => this.#pressed(event.target.closest("[data-mark]")));
  }

  read(html) {
    return withChips(html);
  }

  /** What TipTap says of no words at all is a paragraph; the letter says nothing. */
  written() {
    const html = withoutChips(this.editor.getHTML());
    return html === "<p></p>" ? "" : html;
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

  /** The toolbar says where the cursor is. */
  drawn() {
    for (const button of this.toolbar?.querySelectorAll("[data-mark]") ?? []) {
      const isOn = String(this.editor?.isActive(STATES[button.dataset.mark]) ?? false);
      if (button.getAttribute("aria-pressed") !== isOn) button.setAttribute("aria-pressed", isOn);
    }
  }
}
