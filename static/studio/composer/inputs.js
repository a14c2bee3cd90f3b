// Fields of a block that hold no words: ticks, and where a link leads. Each has draw, flag and focus.

/**
 * @typedef {{draw: (value: unknown, block: object) => void, flag: (wrong: boolean) => void, focus: () => void,
 *   insert?: (written: string) => void, end?: () => void}} Field
 * @param {HTMLElement} input @param {(value: unknown, more?: object) => void} write
 * @returns {Field}
 */
export function bindInput(input, write) {
  return "target" in input.dataset ? target(input, write) : tick(input, write);
}

function tick(input, write) {
  input.addEventListener("change", () => write(input.checked));
  const draw = (value) => {
    input.checked = Boolean(value);
    input.closest("[data-block]").querySelector(".alt").hidden = Boolean(value);
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

function flagged(...inputs) {
  return (wrong) => {
    for (const input of inputs) {
      input.classList.toggle("is-invalid", wrong);
      if (wrong) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
  };
}
