// Two people wrote in one letter: put both together, block by block, and lose no word of either.
//
// What only one of them touched is taken as that one left it. A block that both changed is kept twice, one after the
// other: theirs under its id, mine under a new one, so that what they write next comes in without another quarrel.
// A block that one of them removed while the other changed it stays.

import { newId, saysTheSame } from "./letter.js";

/** @typedef {import("./letter.js").Letter} Letter */
/** @typedef {{letter: Letter, kept: Letter}} Base what both began with: as it stood here, and as the server keeps it */
/** @typedef {{letter: Letter, both: {mine: string, theirs: string}[], lines: {[name: string]: string}}} Merged */

/**
 * What is mine is held against the letter as it stood here, what is theirs against the letter as the server kept it:
 * the server writes a list or a condition in its own way, and that is nobody's change.
 *
 * @param {Base} base
 * @param {Letter} mine
 * @param {Letter} theirs
 * @param {Map<string, string>} renamed new ids of blocks of mine, by their old ones; to be used again for other states of
 *   the same letter
 * @returns {Merged} `both`: the blocks that stand twice; `lines`: their subject or preheader where mine was kept
 */
export function merge(base, mine, theirs, renamed = new Map()) {
  const found = [base.letter, base.kept, mine, theirs].map(byId);
  const both = [];
  const blocks = order(base.letter, mine, theirs).flatMap((id) => chosen(id, found, { both, renamed }));
  const [subject, preheader] = ["subject", "preheader"].map((name) => line(name, base, mine, theirs));
  const lines = { ...subject.theirs, ...preheader.theirs };
  return { letter: { subject: subject.words, preheader: preheader.words, blocks }, both, lines };
}

const byId = (letter) => new Map(letter.blocks.map((block) => [block.id, block]));

function chosen(id, letters, { both, renamed }) {
  const [old, kept, own, other] = letters.map((blocks) => blocks.get(id));
  if (saysTheSame(own, other) || saysTheSame(other, kept)) return own ? [own] : [];
  if (saysTheSame(own, old)) return other ? [other] : [];
  if (!own || !other) return [own ?? other];
  if (!renamed.has(id)) renamed.set(id, newId());
  both.push({ theirs: id, mine: renamed.get(id) });
  return [other, { ...own, id: renamed.get(id) }];
}

function line(name, base, mine, theirs) {
  if (mine[name] === base.letter[name]) return { words: theirs[name], theirs: {} };
  const differs = theirs[name] !== base.kept[name] && theirs[name] !== mine[name];
  return { words: mine[name], theirs: differs ? { [name]: theirs[name] } : {} };
}

/** Whoever moved blocks says the order; what the other one added follows what it stood behind. */
function order(base, mine, theirs) {
  const [began, own, other] = [base, mine, theirs].map((letter) => letter.blocks.map((block) => block.id));
  const [first, second] = isMoved(began, own) ? [own, other] : [other, own];
  const result = [...first];
  for (const [place, id] of second.entries()) {
    if (!result.includes(id)) result.splice(after(result, second.slice(0, place)), 0, id);
  }
  return result;
}

function isMoved(began, now) {
  const [before, after] = [began.filter((id) => now.includes(id)), now.filter((id) => began.includes(id))];
  return before.join() !== after.join();
}

function after(result, before) {
  const neighbour = before.findLast((id) => result.includes(id));
  return neighbour === undefined ? 0 : result.indexOf(neighbour) + 1;
}
