// The line that says where the words are: saved, being saved, kept on this computer only; and what to do about it.

import { announce, say } from "./say.js";

const ALARMS = new Set(["away", "signed-out", "locked", "refused"]);

export class Status {
  #last = "";
  #isAlarmed = false;

  /** @param {import("./saving.js").Saving} saving */
  constructor(saving, { signInUrl, backUrl }) {
    this.line = document.getElementById("saved");
    this.notice = document.getElementById("save-notice");
    this.ways = {
      "signed-out": { url: signInUrl, words: say("sign_in") },
      locked: { url: backUrl, words: say("to_the_campaign") },
    };
    saving.addEventListener("state", ({ detail }) => this.#heard(detail));
    saving.addEventListener("unkept", () => this.notify(say("unkept"), { isWrong: true }));
    document.addEventListener("composer:say", ({ detail }) => this.notify(detail));
  }

  #heard({ state, data }) {
    if (state === "merged") return this.#merged(data);
    if (data?.saved) this.savedAt = data.saved;
    this.line.textContent = state === "saved" ? this.#savedWords() : say(state);
    this.line.dataset.state = state;
    if (state === this.#last) return undefined;
    this.#alarm(state, data);
    this.#last = state;
    return undefined;
  }

  #savedWords() {
    return this.savedAt ? say("saved_at", { at: this.savedAt }) : say("saved");
  }

  #alarm(state, data) {
    if (ALARMS.has(state)) this.notify(this.#alarmWords(state, data), { isWrong: true, link: this.ways[state] });
    else if (this.#isAlarmed && state === "saved") this.notify(say("saved_again", { at: this.savedAt ?? "" }));
    this.#isAlarmed = ALARMS.has(state) || (this.#isAlarmed && state !== "saved");
  }

  #alarmWords(state, data) {
    const why = data?.problems?.map((problem) => problem.why).join(" ") ?? data?.why ?? "";
    return say(`${state}_long`, { why });
  }

  #merged({ by, mine, at, both, lines }) {
    const said = [say(mine ? "merged_mine" : "merged", { by, at: at ?? "" })];
    if (both.length) said.push(say("merged_both", { count: both.length, by }));
    for (const [name, words] of Object.entries(lines)) said.push(say("merged_line", { name: say(name), by, words }));
    this.notify(said.join(" "));
  }

  /** One sentence above the words until it is closed, or is no longer true. */
  notify(words, { isWrong = false, link = null } = {}) {
    const text = this.notice.querySelector("[data-notice]");
    text.textContent = words;
    if (link) text.append(" ", way(link));
    this.notice.hidden = false;
    this.notice.classList.toggle("flash-error", isWrong);
    announce(words);
  }
}

function way({ url, words }) {
  const link = document.createElement("a");
  Object.assign(link, { href: url, textContent: words, target: "_blank", rel: "noopener" });
  return link;
}
