// Asking the server, and what its answer means for somebody who writes.

const page = document.getElementById("composer");
const PATIENCE = 15_000; // ms: a connection that says nothing for so long is none
const PATIENCE_FOR_FILES = 180_000;
const LOCKED = 423;
let token = page.dataset.csrf;

/**
 * @typedef {"ok" | "conflict" | "refused" | "locked" | "signed-out" | "away"} Ending
 * `away`: no network or a server that cannot answer now; `signed-out`: the session ended or is another one;
 * `locked`: the campaign may not be changed now.
 * @typedef {{ending: Ending, data: any}} Answer
 */

/** @returns {Promise<Answer>} */
export function post(url, data, options = {}) {
  const headers = { "Content-Type": "application/json" };
  return sent(url, { method: "POST", body: JSON.stringify(data), headers, ...options });
}

/** @returns {Promise<Answer>} */
export const get = (url, options = {}) => sent(url, options);

/** @param {FormData} form @returns {Promise<Answer>} */
export const upload = (url, form) => sent(url, { method: "POST", body: form, patience: PATIENCE_FOR_FILES });

/** Who signed in again in another window goes on in this one. */
async function sent(url, options) {
  const answer = await asked(url, options);
  return answer.ending === "signed-out" && (await signedInAgain()) ? asked(url, options) : answer;
}

async function asked(url, { signal, patience = PATIENCE, ...options }) {
  const headers = { ...options.headers, "X-CSRFToken": token, Accept: "application/json" };
  const until = [AbortSignal.timeout(patience), ...(signal ? [signal] : [])];
  const how = { ...options, headers, redirect: "manual", credentials: "same-origin", signal: AbortSignal.any(until) };
  try {
    const answer = await fetch(url, how);
    const data = await readJson(answer);
    return { ending: answer.ok && data === null ? "away" : ending(answer), data };
  } catch (error) {
    if (signal?.aborted) throw error;
    return { ending: "away", data: null };
  }
}

function ending(answer) {
  if (answer.ok) return "ok";
  if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return "signed-out";
  if (answer.status === 409) return "conflict";
  if (answer.status === LOCKED) return "locked";
  return answer.status >= 400 && answer.status < 500 && answer.status !== 429 ? "refused" : "away";
}

async function readJson(answer) {
  const isJson = answer.headers.get("content-type")?.includes("json");
  return isJson ? answer.json() : null;
}

/** After signing in elsewhere this page's token is an old one: fetch the page anew and take the new one from it. */
async function signedInAgain() {
  try {
    const signal = AbortSignal.timeout(PATIENCE);
    const answer = await fetch(location.href, { redirect: "manual", cache: "no-store", signal });
    if (!answer.ok) return false;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("composer");
    if (!fresh || fresh.dataset.me !== page.dataset.me) return false;
    token = fresh.dataset.csrf;
    return true;
  } catch {
    return false;
  }
}
