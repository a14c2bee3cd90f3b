// What is typed in the open form is saved by itself: a moment after the last key, at once when a field is left. It waits
// until the server has taken it: where nobody answers it is tried again, where it does not fit, when somebody types on.

import { REFUSED, UNHEARD } from "./desk.js";

const A_MOMENT = 1200; // ms after the last key
const AGAIN = 4000; // ms after a connection that was none

export class Typing {
  #form = null;
  #timer = 0;
  #saving = null;
  #isRefused = false;

  /** @param {import("./desk.js").Desk} desk */
  constructor(desk) {
    this.desk = desk;
    document.addEventListener("input", (event) => this.#heard(event.target, A_MOMENT));
    document.addEventListener("change", (event) => this.#left(event.target));
  }

  get isWaiting() {
    return this.#form !== null || this.#saving !== null;
  }

  /** A form that is sent as a whole need not be saved first. */
  drop(form) {
    if (this.#form === form) this.#rest();
  }

  /** A form was sent as a whole: what stood in it waits on where it was not taken. */
  after(form, outcome) {
    if (!form?.hasAttribute("data-autosave")) return;
    if (outcome === REFUSED) this.#stays(document.querySelector("#editor form[data-autosave]"));
    if (outcome === UNHEARD) this.#again(form);
  }

  /**
   * Save what waits, so that nothing is lost by what comes next, which sends `form` itself, if any.
   * @returns {Promise<boolean>} whether it can come: all is saved, or whoever typed lets go of what does not fit
   */
  async settle(form = null) {
    this.drop(form);
    await this.flush();
    this.drop(form);
    if (!this.isWaiting) return true;
    if (!this.#isRefused) this.desk.undone();
    else if (confirm(this.desk.editor.dataset.lose)) this.#rest();
    else this.#form.querySelector("[aria-invalid=true]")?.focus();
    return !this.isWaiting;
  }

  /** Save what waits, now; over when the server has it, or could not be asked. What does not fit is not sent again. */
  async flush() {
    await this.#saving;
    const form = this.#form;
    if (!form || this.#isRefused) return;
    this.#rest();
    this.#saving = this.#save(form).finally(() => {
      this.#saving = null;
    });
    await this.#saving;
  }

  #heard(field, after) {
    const form = field.closest?.("#editor form[data-autosave]");
    if (!form || this.desk.isOvertaken) return;
    this.#rest();
    this.#form = form;
    this.#timer = setTimeout(() => void this.flush(), after);
    this.desk.say("saving", "dirty");
  }

  #left(field) {
    const form = field.closest?.("#editor form[data-autosave]");
    if (!form || this.desk.isOvertaken) return;
    if (field.hasAttribute("data-reshapes")) {
      void this.#reshape(form, field.id);
      return;
    }
    this.#heard(field, 0);
  }

  async #reshape(form, id) {
    this.drop(form);
    this.after(form, await this.desk.act(form, null));
    document.getElementById(id)?.focus();
  }

  #rest() {
    clearTimeout(this.#timer);
    this.#form = null;
    this.#isRefused = false;
  }

  #stays(form) {
    this.#rest();
    this.#form = form;
    this.#isRefused = form !== null;
  }

  #again(form) {
    if (!form.isConnected) return;
    this.#form = form;
    this.#timer = setTimeout(() => void this.flush(), AGAIN);
  }

  async #save(form) {
    const outcome = await this.desk.save(form);
    if (this.#form) return; // somebody typed on meanwhile: that is sent next
    if (outcome === REFUSED) this.#stays(form);
    if (outcome === UNHEARD) this.#again(form);
  }
}
