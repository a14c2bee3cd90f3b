// Plain fields of a block: lines, areas, choices, ticks, and where a link leads. Each has draw, flag, focus and insert.

/**
 * @typedef {{draw: (value: unknown, block: object) => void, flag: (wrong: boolean) => void, focus: () => void,
 *   insert?: (words: string) => void, end?: () => void}} Field
 * @param {HTMLElement} input @param {(value: unknown, more?: object) => void} write
 * @returns {Field}
 */
export function bindInput(input, write) {
  if (input.matches("[type=checkbox]")) return tick(input, write);
  if ("target" in input.dataset) return target(input, write);
  return words(input, write);
}

function words(input, write) {
  input.addEventListener("input", () => write(input.value));
  const draw = (value = "") => {
    if (input.value !== value) input.value = value;
  };
  return { draw, flag: flagged(input), focus: () => input.focus(), insert: (text) => insertAt(input, text) };
}

function tick(input, write) {
  input.addEventListener("change", () => write(input.checked));
  const hides = document.getElementById(input.dataset.hides) ?? input.closest("[data-block]")?.querySelector(".alt");
  const draw = (value) => {
    input.checked = Boolean(value);
    const alt = hides ?? input.closest("[data-block]")?.querySelector(".alt");
    if (alt) alt.hidden = Boolean(value);
  };
  return { draw, flag: flagged(input), focus: () => input.focus() };
}

/** A choice of names, and a line for any other address. */
function target(box, write) {
  const [choice, address] = [box.querySelector("select"), box.querySelector("input")];
  const names = new Set([...choice.options].map((option) => option.value).filter((value) => value !== "https"));
  choice.addEventListener("change", () => {
    write(choice.value === "https" ? "https://" : choice.value);
    if (choice.value === "https") address.focus();
  });
  address.addEventListener("input", () => write(address.value.trim()));
  const draw = (value = "") => {
    const isName = names.has(value);
    choice.value = isName ? value : "https";
    address.closest(".field").hidden = isName;
    if (!isName && address.value.trim() !== value) address.value = value;
  };
  const focus = () => (address.closest(".field").hidden ? choice : address).focus();
  return { draw, flag: flagged(choice, address), focus };
}

export function flagged(...inputs) {
  return (wrong) => {
    for (const input of inputs) {
      input.classList.toggle("is-invalid", wrong);
      if (wrong) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
  };
}

/** Put words in where the cursor is, as if they were typed. */
export function insertAt(input, text) {
  input.focus();
  input.setRangeText(text, input.selectionStart, input.selectionEnd, "end");
  input.dispatchEvent(new Event("input", { bubbles: true }));
}
