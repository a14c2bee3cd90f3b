// Asking the server, and what its answer means for somebody who writes.

const page = document.getElementById("composer");
let token = page.dataset.csrf;

/**
 * @typedef {"ok" | "conflict" | "refused" | "signed-out" | "away"} Ending
 * `away`: no network or a server that cannot answer now; `signed-out`: the session ended or is another one.
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
export const upload = (url, form) => sent(url, { method: "POST", body: form });

async function sent(url, options) {
  const headers = { ...options.headers, "X-CSRFToken": token, Accept: "application/json" };
  let answer;
  try {
    answer = await fetch(url, { ...options, headers, redirect: "manual", credentials: "same-origin" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return { ending: "away", data: null };
  }
  return { ending: ending(answer), data: await readJson(answer), status: answer.status };
}

function ending(answer) {
  if (answer.ok) return "ok";
  if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return "signed-out";
  if (answer.status === 409) return "conflict";
  return answer.status >= 400 && answer.status < 500 && answer.status !== 429 ? "refused" : "away";
}

async function readJson(answer) {
  const isJson = answer.headers.get("content-type")?.includes("json");
  return isJson ? answer.json().catch(() => null) : null;
}

/** After signing in elsewhere this page's token is an old one: fetch the page anew and take the new one from it. */
export async function signedInAgain() {
  try {
    const answer = await fetch(location.href, { redirect: "manual", cache: "no-store" });
    if (!answer.ok) return false;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("composer");
    if (!fresh || fresh.dataset.me !== page.dataset.me) return false;
    token = fresh.dataset.csrf;
    return true;
  } catch {
    return false;
  }
}
