// Words without any marks: one line of them, or several.

import * as prose from "../../django_prose_editor/editor.js";
import { inline } from "./chips.js";
import { Prose } from "./prose.js";

const { Document, Paragraph, pm, Text } = prose;
const { Fragment, Slice } = pm.model;
const OneLine = Document.extend({ content: "paragraph" });
const LINE_END = /\r\n?|\n/;
const written = (node) => node.attrs.written ?? "";

export class PlainText extends Prose {
  /** @param {HTMLElement} box its `data-plain` says "line" or "lines" */
  constructor(box, words, write, { mergeFields }) {
    const isLine = box.dataset.plain === "line";
    const pasted = (schema, text) => slice(schema, isLine ? [text.split(LINE_END).join(" ")] : text.split(LINE_END));
    const props = {
      handleKeyDown: (_view, event) => this.#entered(event, isLine),
      clipboardTextParser: (text, $at) => pasted($at.doc.type.schema, text),
      transformPasted: ({ content }, { state }) => pasted(state.schema, content.textBetween(0, content.size, "\n", written)),
    };
    const extensions = [isLine ? OneLine : Document, Paragraph, Text];
    super(box, words, write, { mergeFields, extensions, className: "plain-words", props });
  }

  read(words) {
    const content = words.split("\n").map((line) => ({ type: "paragraph", content: inline(line) }));
    return { type: "doc", content };
  }

  written() {
    const { doc } = this.editor.state;
    return doc.textBetween(0, doc.content.size, "\n", written);
  }

  /** Enter ends no line where there is but one, unless it opens a chip. */
  #entered(event, isLine) {
    if (event.key !== "Enter" || this.editor.state.selection.node) return false;
    if (!isLine && event.shiftKey) return this.editor.commands.splitBlock();
    return isLine;
  }
}

function slice(schema, lines) {
  const paragraph = (line) => schema.nodes.paragraph.create(null, inline(line).map((part) => schema.nodeFromJSON(part)));
  return new Slice(Fragment.from(lines.map(paragraph)), 1, 1);
}
