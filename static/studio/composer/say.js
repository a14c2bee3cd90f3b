// Sentences: they stand translated in the page's #words; and the line that a screen reader hears.

const words = document.getElementById("words").content;

/** The sentence of this name, with {gaps} filled in. */
export function say(name, gaps = {}) {
  const found = words.querySelector(`[data-word="${name}"]`).textContent.trim();
  return found.replace(/\{(\w+)\}/g, (whole, gap) => gaps[gap] ?? whole);
}

/** What a block of this kind is called. */
export const kindName = (type) => words.querySelector(`[data-kind-name="${type}"]`)?.textContent.trim() ?? type;

/** Block 3, button: how a block is spoken of. @param {import("./letter.js").Letter} letter */
export function placeName(letter, id) {
  const place = letter.blocks.findIndex((block) => block.id === id);
  return say("place", { number: place + 1, kind: kindName(letter.blocks[place]?.type) });
}

/** Tell a screen reader, and nobody else. The same sentence twice is heard twice. */
export function announce(sentence) {
  const line = document.getElementById("live");
  line.textContent = line.textContent === sentence ? `${sentence}\u00a0` : sentence;
}

/** Take a copy of what stands in a `<template>`. */
export function stamp(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}
