// Who else has this plan open: asked every quarter of a minute while it is looked at. What cannot be asked is not said.

const EVERY = 15_000;
const PATIENCE = 10_000;

/** @param {import("./desk.js").Desk} desk */
export function here(desk) {
  const ask = () => document.hidden || void told(desk);
  ask();
  setInterval(ask, EVERY);
  document.addEventListener("visibilitychange", ask);
}

async function told(desk) {
  const others = await asked(desk.editor.dataset.here);
  const line = document.getElementById("others");
  if (others === null || !line || line.textContent === others) return;
  line.textContent = others;
  desk.announce(others);
}

/** What the server says; null where it cannot be asked. */
async function asked(url) {
  const body = new FormData(document.getElementById("tools"));
  const how = { method: "POST", body, credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE) };
  try {
    const answer = await fetch(url, how);
    return answer.ok ? (await answer.json()).others : null;
  } catch {
    return null;
  }
}
