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

/** A click beside a dialog closes it, as on a phone everybody expects. */
export function closeByBackdrop() {
  for (const dialog of document.querySelectorAll("dialog.sheet")) {
    dialog.addEventListener("pointerdown", (event) => event.target === dialog && dialog.close());
    dialog.querySelector("[data-close]")?.addEventListener("click", () => dialog.close());
  }
}

/** @param {[string, string][]} options values and labels */
export function fillChoice(select, options) {
  select.replaceChildren(...options.map(([value, label]) => new Option(label, value)));
}
