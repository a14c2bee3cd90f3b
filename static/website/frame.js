// A framed letter is as tall as what is in it. Without this script it scrolls within its frame.
"use strict";

function fit(frame) {
  const page = frame.contentDocument;
  if (!page || !page.documentElement) return;
  const measure = () => {
    frame.style.height = "0";
    frame.style.height = `${page.documentElement.scrollHeight}px`;
  };
  measure();
  let width = frame.clientWidth;
  new ResizeObserver(() => {
    if (frame.clientWidth !== width) {
      width = frame.clientWidth;
      measure();
    }
  }).observe(frame);
  for (const picture of page.images) picture.addEventListener("load", measure);
}

for (const frame of document.querySelectorAll(".letter-frame")) {
  frame.addEventListener("load", () => fit(frame));
  if (frame.contentDocument && frame.contentDocument.readyState === "complete") fit(frame);
}
