// What the server says about single fields of the open form, put beside them while somebody types on. The fields
// themselves stay as they are: only what is said about them is new.

const ABOUT = ["aria-invalid", "aria-describedby"];

/** Take over what is said in a fresh form of the same kind. @returns {string[]} what does not fit, each with its label */
export function tell(form, fresh) {
  if (!fresh?.querySelector(".form-errors")) form.querySelector(".form-errors")?.remove();
  const mine = [...form.querySelectorAll(".field")];
  const theirs = [...(fresh?.querySelectorAll(".field") ?? [])];
  return mine.length === theirs.length ? mine.flatMap((field, place) => told(field, theirs[place])) : [];
}

function told(mine, theirs) {
  for (const control of theirs.querySelectorAll("input, select, textarea")) mark(mine, control);
  mine.querySelector(":scope > .error")?.remove();
  const error = theirs.querySelector(":scope > .error");
  if (!error) return [];
  mine.append(document.importNode(error, true));
  mine.closest("details")?.setAttribute("open", "");
  const label = mine.querySelector("legend, .form-label, .form-check-label")?.firstChild?.textContent.trim() ?? "";
  return [`${label}: ${error.textContent}`];
}

function mark(field, fresh) {
  const control = field.querySelector(`#${CSS.escape(fresh.id)}`);
  if (!control) return;
  for (const name of ABOUT) {
    if (fresh.hasAttribute(name)) control.setAttribute(name, fresh.getAttribute(name));
    else control.removeAttribute(name);
  }
  control.classList.toggle("is-invalid", fresh.classList.contains("is-invalid"));
}
