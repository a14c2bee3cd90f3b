// Words that an earlier window could not save come into this one.

import { isSame, saysTheSame } from "./letter.js";
import * as vault from "./vault.js";

/**
 * @param {import("./store.js").Store} store @param {import("./saving.js").Saving} saving
 * @returns {Promise<boolean>} whether there were any that the server did not have when the page was opened
 */
export async function restore(store, saving) {
  const opened = store.letter;
  const found = [];
  for (const { key, kept } of await vault.left()) {
    if (!isSame(kept.base.letter, kept.mine)) found.push(await takeOver(store, saving, kept, opened));
    vault.forget(key);
  }
  return found.includes(true);
}

/** What was kept is mine; what the page began with, or has by now, is theirs. */
async function takeOver(store, saving, kept, opened) {
  const base = kept.sent ? await saving.again(kept) : kept.base;
  const theirs = store.letter;
  const isTheSame = saysTheSame(base.kept, opened);
  if (isSame(theirs, opened) && (base === saving.base || isTheSame)) {
    store.act(kept.mine);
  } else {
    store.letter = kept.mine;
    store.takeIn(base, theirs);
  }
  return saving.isDirty || !isTheSame;
}
