// Asking for something in a dialog of the page: what was chosen, or null when it was closed without.

/**
 * @param {HTMLDialogElement} dialog its form has method="dialog"; the value of the pressed button tells the choice
 * @returns {Promise<{choice: string, form: FormData} | null>}
 */
export function ask(dialog) {
  const from = document.activeElement;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener("close", () => done(answer(dialog, from)), { once: true });
  });
}

function answer(dialog, from) {
  if (from?.isConnected) from.focus({ preventScroll: true });
  if (!dialog.returnValue) return null;
  return { choice: dialog.returnValue, form: new FormData(dialog.querySelector("form")) };
}

/** A click beside a dialog closes it, as on a phone everybody expects; one on its margin or its scroll bar does not. */
export function closeByBackdrop() {
  for (const dialog of document.querySelectorAll("dialog.sheet")) {
    dialog.addEventListener("pointerdown", (event) => isBeside(dialog, event) && dialog.close());
    dialog.querySelector("[data-close]")?.addEventListener("click", () => dialog.close());
  }
}

function isBeside(dialog, { target, clientX, clientY }) {
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  return target === dialog && (clientX < left || clientX > right || clientY < top || clientY > bottom);
}

/** @param {[string, string][]} options values and labels */
export function fillChoice(select, options) {
  select.replaceChildren(...options.map(([value, label]) => new Option(label, value)));
}
