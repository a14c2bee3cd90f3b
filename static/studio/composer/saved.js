// Choosing what to put in: a kind of block, or one that staff saved under a name.

import { toAnybody } from "./chips.js";
import { ask } from "./dialogs.js";
import { get, post } from "./requests.js";
import { announce, kindName, say, stamp } from "./say.js";

export class SavedBlocks {
  #blocks = new Map();

  constructor({ url }) {
    this.url = url;
    this.adding = document.getElementById("adding");
    this.naming = document.getElementById("naming");
    this.list = this.adding.querySelector("[data-saved]");
    this.list.addEventListener("click", (event) => this.#forget(event.target.closest("[data-forget]")));
    this.#load(); // before somebody asks: nothing moves under their pointer then
  }

  /** @returns {Promise<{kind?: string, block?: object} | null>} */
  async choose() {
    this.#load();
    const answer = await ask(this.adding);
    if (!answer) return null;
    const [what, which] = answer.choice.split(":");
    return what === "saved" ? { block: withoutId(this.#blocks.get(which).block) } : { kind: which };
  }

  async #load() {
    const { ending, data } = await get(this.url);
    if (ending !== "ok") return;
    const drawn = JSON.stringify(data);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.#blocks = new Map(data.map((saved) => [String(saved.id), saved]));
    this.list.replaceChildren(...data.map(line));
    this.adding.querySelector("[data-saved-box]").hidden = !data.length;
  }

  /** @param {import("./letter.js").Block} block */
  async save(block) {
    const name = this.naming.querySelector("[name=name]");
    const words = toAnybody(String(block.text ?? block.label ?? block.title ?? "").replace(/<[^>]*>/g, " "));
    name.value = words.trim().slice(0, 40);
    const answer = await ask(this.naming);
    if (!answer) return;
    const { ending, data } = await post(this.url, { name: answer.form.get("name"), block });
    if (ending === "ok") return this.#say(say("block_saved", { name: answer.form.get("name") }));
    this.#say(data?.why ?? data?.problems?.[0]?.why ?? say("not_possible_now"));
  }

  /** For everybody; until the dialog is closed there is a way back. */
  async #forget(button) {
    if (!button) return;
    const { name, block } = this.#blocks.get(button.dataset.forget);
    const { ending } = await post(`${this.url}/${button.dataset.forget}/delete`, {});
    const words = say(ending === "ok" ? "block_forgotten" : "not_possible_now", { name });
    const told = stamp("forgotten-block");
    told.querySelector("[data-told]").textContent = words;
    const back = told.querySelector("button");
    back.hidden = ending !== "ok";
    back.addEventListener("click", () => this.#back({ name, block }));
    button.closest("li").replaceWith(told);
    back.focus();
    this.drawn = "";
  }

  async #back(saved) {
    const { ending, data } = await post(this.url, saved);
    await this.#load();
    if (ending === "ok") this.list.querySelector(`[value="saved:${data.id}"]`)?.focus();
  }

  #say(words) {
    announce(words);
    document.dispatchEvent(new CustomEvent("composer:say", { detail: words }));
  }
}

function line({ id, name, block }) {
  const found = stamp("saved-block");
  found.querySelector("[data-name]").textContent = name;
  found.querySelector("[data-kind]").textContent = kindName(block.type);
  found.querySelector(".kind").value = `saved:${id}`;
  const forget = found.querySelector("[data-forget]");
  forget.dataset.forget = id;
  forget.setAttribute("aria-label", say("forget_block", { name }));
  return found;
}

const withoutId = ({ id: _id, ...rest }) => rest;
