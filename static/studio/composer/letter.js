// The letter and what can be done to it. Pure: every act answers with a new letter and leaves the old one alone.

/**
 * @typedef {{name: string, value: string, not: boolean}} Only
 * @typedef {{id: string, type: string, only?: Only, [field: string]: unknown}} Block
 * @typedef {{subject: string, preheader: string, blocks: Block[]}} Letter
 */

const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
const ID_LENGTH = 8;
export const DOCUMENT_VERSION = 2;

/** An id that no block of any document has, but for an accident in billions. */
export function newId() {
  const drawn = crypto.getRandomValues(new Uint8Array(ID_LENGTH));
  return [...drawn].map((number) => LETTERS[number % LETTERS.length]).join("");
}

/** @returns {Letter} */
export function fromDocument({ subject, preheader, document }) {
  return { subject, preheader, blocks: document.blocks };
}

/** @param {Letter} letter */
export function toDocument(letter) {
  const { subject, preheader, blocks } = letter;
  return { subject, preheader, document: { version: DOCUMENT_VERSION, blocks } };
}

export const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** Whether two blocks, or two letters, say the same, whatever order their fields stand in: a database sorts them. */
export const saysTheSame = (one, other) => JSON.stringify(one, sorted) === JSON.stringify(other, sorted);

function sorted(_name, value) {
  const isPlain = value !== null && typeof value === "object" && !Array.isArray(value);
  return isPlain ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;
}

/** @param {Letter} letter @param {string} id */
export const placeOf = (letter, id) => letter.blocks.findIndex((block) => block.id === id);

/** @param {Letter} letter @param {string} id */
export const find = (letter, id) => letter.blocks.find((block) => block.id === id);

/** @param {Letter} letter @param {number} at @param {Block} block */
export function insert(letter, at, block) {
  return { ...letter, blocks: letter.blocks.toSpliced(at, 0, block) };
}

/** @param {Letter} letter @param {string} id */
export function remove(letter, id) {
  return { ...letter, blocks: letter.blocks.filter((block) => block.id !== id) };
}

/** Put a block at this place, counted without it. @param {Letter} letter @param {string} id @param {number} to */
export function move(letter, id, to) {
  return insert(remove(letter, id), to, find(letter, id));
}

/** A copy under the original. @returns {{letter: Letter, id: string}} */
export function duplicate(letter, id) {
  const copy = { ...structuredClone(find(letter, id)), id: newId() };
  return { letter: insert(letter, placeOf(letter, id) + 1, copy), id: copy.id };
}

/** Write fields of a block; `undefined` takes a field away. @param {Letter} letter @param {string} id */
export function change(letter, id, fields) {
  const blocks = letter.blocks.map((block) => (block.id === id ? written(block, fields) : block));
  return { ...letter, blocks };
}

function written(block, fields) {
  return Object.fromEntries(Object.entries({ ...block, ...fields }).filter(([, value]) => value !== undefined));
}
