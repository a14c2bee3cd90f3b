// Where somebody is on the page, in words that still mean it when the page has been drawn anew.

/** @param {Element | null | undefined} button */
export function markOf(button) {
  if (!button) return "";
  if (button.id && button.id !== "done") return `#${button.id}`;
  const step = button.closest("[data-step]")?.dataset.step;
  if (button.name === "kind") return "form:open";
  if (button.name === "add") return "form:last";
  if (step && button.name === "act") return `step:${step}:${button.value}`;
  if (step) return `step:${step}`;
  const rule = button.closest(".rule");
  return rule ? `rule:${rule.id}` : "";
}

/** Put the focus there, or as near as there is something. */
export function returnTo(mark) {
  const found = shown(place(mark));
  if (!found) return;
  found.scrollIntoView({ block: "nearest" });
  found.focus({ preventScroll: true });
}

/** What stands behind a closed “more” is reached by that. */
function shown(element) {
  const closed = element?.closest("details:not([open])");
  return closed && !element.matches("summary") ? closed.querySelector("summary") : element;
}

function place(mark) {
  const editor = document.getElementById("editor");
  if (!mark) return null;
  if (mark.startsWith("#")) return editor.querySelector(mark);
  const [kind, name, act] = mark.split(":");
  if (kind === "form") {
    const open = editor.querySelector(".step-form");
    if (name === "last") return open?.querySelector(".condition:last-child select") ?? null;
    return open?.querySelector("select, textarea, input:not([type=hidden]), button") ?? null;
  }
  if (kind === "rule") return editor.querySelector(`#${CSS.escape(name)} [data-open], #${CSS.escape(name)} button`);
  const step = editor.querySelector(`[data-step="${CSS.escape(name)}"]`);
  if (!step) return editor.querySelector("#undo");
  return step.querySelector(act ? `button[name="act"][value="${act}"]` : "[data-open], .step-form button");
}
