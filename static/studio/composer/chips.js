// Merge fields as chips: a word in a frame that says what will stand there, in place of `{{ first_name|there }}`.
//
// In the letter a field stays written as it is; a chip is how it looks while somebody writes. Typed by hand it becomes
// one as soon as its last brace is there.

import * as prose from "../../django_prose_editor/editor.js";

const { Node, pm } = prose;
const FIELD = /\{\{[^{}<>]*\}\}/g;
const CHIP = /<span data-merge="([^"]*)"><\/span>/g;

/** Rich text with the fields in its words as chips. */
export function withChips(html) {
  if (!html.includes("{{")) return html;
  const page = new DOMParser().parseFromString(html, "text/html");
  const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) found.push(walker.currentNode);
  for (const words of found) words.replaceWith(...inline(words.data).map((part) => spelled(page, part)));
  return page.body.innerHTML;
}

function spelled(page, { text, attrs }) {
  if (text) return page.createTextNode(text);
  const span = page.createElement("span");
  span.dataset.merge = attrs.written;
  return span;
}

/** And back. */
export const withoutChips = (html) => html.replace(CHIP, (_chip, field) => field.replaceAll("&quot;", '"'));

/** What is read where nothing is known of the reader: each field says what was given for that. */
export const toAnybody = (words) => words.replaceAll(/\{\{[^{}|]*\|?\s*([^{}|]*?)\s*\}\}/g, "$1");

/** Words without any HTML as what an editor begins with. @returns {object[]} */
export function inline(words) {
  const found = [];
  let end = 0;
  for (const { 0: written, index } of words.matchAll(FIELD)) {
    if (index > end) found.push({ type: "text", text: words.slice(end, index) });
    found.push({ type: "chip", attrs: { written } });
    end = index + written.length;
  }
  if (end < words.length) found.push({ type: "text", text: words.slice(end) });
  return found;
}

/** @param {import("./fields.js").MergeFields} fields which there are, what they are called, how one is changed */
export function chips(fields) {
  return Node.create({
    name: "chip",
    group: "inline",
    inline: true,
    atom: true,
    addAttributes: () => ({ written: { default: "" } }),
    parseHTML: () => [{ tag: "span[data-merge]", getAttrs: (span) => ({ written: span.dataset.merge }) }],
    renderHTML: ({ node }) => ["span", { "data-merge": node.attrs.written }],
    renderText: ({ node }) => node.attrs.written,
    addNodeView: () => (drawn) => ({ dom: chip(drawn, fields) }),
    addKeyboardShortcuts() {
      return { Enter: () => opens(this.editor, fields) };
    },
    addProseMirrorPlugins: () => [new pm.state.Plugin({ appendTransaction: typed })],
  });
}

function chip({ node, editor, getPos }, fields) {
  const { words, isWrong, title } = fields.shown(node.attrs.written);
  const dom = document.createElement("span");
  Object.assign(dom, { className: isWrong ? "chip chip-wrong" : "chip", textContent: words, title });
  dom.addEventListener("click", () => change(editor, getPos(), node.attrs.written, fields));
  return dom;
}

/** Enter on a chosen chip is a click on it. */
function opens(editor, fields) {
  const { node, from } = editor.state.selection;
  if (node?.type.name !== "chip") return false;
  change(editor, from, node.attrs.written, fields);
  return true;
}

async function change(editor, at, written, fields) {
  const next = await fields.change(written);
  const stillThere = editor.state.doc.nodeAt(at)?.attrs.written === written;
  if (!next || !stillThere) return editor.commands.focus();
  return editor.chain().focus().insertContentAt({ from: at, to: at + 1 }, { type: "chip", attrs: { written: next } }).run();
}

/** What was just written as a field becomes a chip. */
function typed(transactions, _before, { doc, schema, tr }) {
  if (!transactions.some((one) => one.docChanged)) return null;
  const found = [];
  doc.descendants((node, at) => {
    if (!node.isText) return;
    for (const { 0: written, index } of node.text.matchAll(FIELD)) found.push({ written, from: at + index, node });
  });
  for (const { written, from, node } of found.reverse()) {
    tr.replaceWith(from, from + written.length, schema.nodes.chip.create({ written }, null, node.marks));
  }
  return found.length ? tr : null;
}
