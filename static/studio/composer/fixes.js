// What one click can put right in the letter. Each can be undone like everything else.

import { change, find, insert, newId, placeOf } from "./letter.js";
import { kindName, say } from "./say.js";

const PREFIX = /^\s*((re|fwd?|aw|wg)\s*(\[\d+\])?\s*:\s*)+/i;
const OTHER_PREFIX = /^[^{:：]{0,12}[:：]\s*/;
const FIELD = /\{\{\s*([^{}|]*?)\s*(?:\|\s*)?\}\}/g;

/** @typedef {(acts: import("./acts.js").Acts, finding: import("./findings.js").Finding) => void} Fix */
/** @type {{[act: string]: Fix}} */
export const fixes = {
  add_red_flags: (acts) => addRedFlags(acts),
  mark_decorative: (acts, { block, fix }) => set(acts, block, { decorative: true, alt: "" }, fix.label),
  show_to_all: (acts, { block, fix }) => set(acts, block, { only: undefined }, fix.label),
  use_https: (acts, finding) => inWords(acts, finding, (words) => words.replaceAll(/\bhttp:\/\//gi, "https://")),
  add_fallback: (acts, finding) => inWords(acts, finding, (words) => withFallbacks(words, acts.mergeFields)),
  add_source: (acts, finding) => addSource(acts, finding),
  strip_re: (acts, finding) => inWords(acts, finding, withoutPrefix),
  calm_down: (acts, finding) => inWords(acts, finding, calm),
};

/** Before the first button: who reads as far as that has met it. Else at the end, above the signature. */
function addRedFlags({ store }) {
  const { blocks } = store.letter;
  const first = blocks.findIndex(({ type }) => type === "button" || type === "signature");
  const block = { id: newId(), type: "red_flags" };
  const at = first < 0 ? blocks.length : first;
  store.act(insert(store.letter, at, block), { said: say("added", { what: kindName("red_flags"), number: at + 1 }) });
}

function set({ store, view }, id, fields, said) {
  if (placeOf(store.letter, id) < 0) return;
  store.act(change(store.letter, id, fields), { said, id });
  view.card(id)?.element.scrollIntoView({ block: "nearest" });
}

function inWords(acts, { block, field, fix }, mended) {
  const { letter } = acts.store;
  if (block) return set(acts, block, mendedFields(find(letter, block), field, mended), fix.label);
  const name = field || "subject";
  return acts.store.act({ ...letter, [name]: mended(letter[name]) }, { said: fix.label });
}

/** The field that the finding names; without one, every field with words in it. */
function mendedFields(block, field, mended) {
  const { id: _id, type: _type, only: _only, ...fields } = block ?? {};
  const words = Object.entries(fields).filter(([name, value]) => typeof value === "string" && (!field || name === field));
  return Object.fromEntries(words.map(([name, value]) => [name, mended(value)]));
}

/** A line that begins with "Source:", with the cursor behind it; within a line that is all there is, in brackets. */
function addSource(acts, finding) {
  const card = acts.view.card(finding.block);
  const where = card?.fields.get(finding.field)?.box.dataset ?? {};
  const line = say("source");
  inWords(acts, finding, (words) => {
    if ("rich" in where) return `${words}<p>${line}</p>`;
    return where.plain === "lines" ? `${words}\n${line} ` : `${words} (${line} )`;
  });
  card?.fields.get(finding.field)?.focus("end");
}

const withFallbacks = (words, known) =>
  words.replaceAll(FIELD, (whole, name) => (known.usual(name) ? `{{ ${name}|${known.usual(name)} }}` : whole));

/** Without "Re:", in whatever language and spelling the server knows it. */
const withoutPrefix = (words) => (PREFIX.test(words) ? words.replace(PREFIX, "") : words.replace(OTHER_PREFIX, ""));

/** Without shouting: words in capitals become words, rows of marks become one. */
function calm(words) {
  const lowered = words.replaceAll(/\p{Lu}{4,}/gu, (shout) => shout[0] + shout.slice(1).toLowerCase());
  return lowered.replaceAll(/([!?])[!?]+/g, "$1").replaceAll(/!/g, ".").replaceAll(/\.{2,}/g, ".");
}
