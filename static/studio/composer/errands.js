// What one click has done elsewhere without leaving the page: a test mail, a look at the links, words allowed for a
// reason. Everything is saved first: it is done with what is saved.

import { ask } from "./dialogs.js";
import { post } from "./requests.js";
import { say } from "./say.js";

export class Errands {
  /** @param {{[act: string]: string}} urls by the fixes' names */
  constructor({ saving, preview, status }, urls) {
    Object.assign(this, { saving, preview, status, urls });
    this.dialog = document.getElementById("allowing");
    this.tested = document.getElementById("tested");
    document.getElementById("send-test").addEventListener("click", () => this.run("send_test", {}));
    preview.addEventListener("answer", ({ detail }) => this.#tested(detail.tested));
  }

  knows(act) {
    return act in this.urls;
  }

  /** @param {string} act @param {Partial<import("./findings.js").Finding>} finding */
  async run(act, finding) {
    const said = act === "override" ? await this.#reason(finding) : {};
    if (said === null) return;
    if (!(await this.saving.settled())) return this.status.notify(say("not_possible_now"), { isWrong: true });
    const { ending, data } = await post(this.urls[act].replace("-key-", finding.key ?? ""), said);
    const words = (ending === "ok" ? data.said : data?.why) || say("not_possible_now");
    this.status.notify(words, { isWrong: ending !== "ok" });
    this.preview.ask();
  }

  /** Whether these words have been in somebody's mailbox. */
  #tested({ standing, words }) {
    this.tested.dataset.standing = standing;
    if (this.tested.textContent !== words) this.tested.textContent = words;
  }

  /** Why words that a rule forbids are right where they stand. */
  async #reason({ words }) {
    this.dialog.querySelector("[data-words]").textContent = words;
    this.dialog.querySelector("[name=reason]").value = "";
    const answer = await ask(this.dialog);
    return answer && { reason: answer.form.get("reason") };
  }
}
