// Words that the server does not have yet, kept in this browser: one record for each window they were written in.

import { newId } from "./letter.js";

const page = document.getElementById("composer");
const PREFIX = `composer:${page.dataset.me}:${page.dataset.email}:`;
const OWN = PREFIX + newId() + newId();

/**
 * `sent` is what went to the server without an answer so far.
 * @typedef {{base: {version: number, letter: object, kept: object}, mine: object, sent: object | null, at: string}} Kept
 */

// The lock says that this window is open: what it keeps is its own business until it closes.
navigator.locks?.request(OWN, { mode: "exclusive" }, () => new Promise(() => {}));

/** @param {Kept} kept @returns {boolean} whether the browser could keep it */
export function keep(kept) {
  try {
    localStorage.setItem(OWN, JSON.stringify(kept));
    return true;
  } catch {
    return false;
  }
}

/** The server has everything. */
export function clear() {
  try {
    localStorage.removeItem(OWN);
  } catch {
    // A browser that keeps nothing has nothing to forget.
  }
}

/** What windows that are closed by now could not save, the oldest first. @returns {Promise<{key: string, kept: Kept}[]>} */
export async function left() {
  const open = await openWindows();
  return keys()
    .filter((key) => !open.has(key))
    .map((key) => ({ key, kept: read(key) }))
    .filter(({ kept }) => kept?.base && kept.mine)
    .sort((one, other) => (one.kept.at < other.kept.at ? -1 : 1));
}

/** It has been taken over into this window. */
export const forget = (key) => localStorage.removeItem(key);

async function openWindows() {
  const found = (await navigator.locks?.query()) ?? { held: [] };
  return new Set([OWN, ...found.held.map((lock) => lock.name)]);
}

function keys() {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  } catch {
    return [];
  }
}

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}
