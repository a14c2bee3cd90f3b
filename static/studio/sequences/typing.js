// What is typed in the open form is saved by itself: a moment after the last key, at once when a field is left.

const A_MOMENT = 1200; // ms after the last key
const AGAIN = 4000; // ms after a connection that was none

export class Typing {
  #form = null;
  #timer = 0;
  #saving = null;

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

  /** Save what waits, now; over when the server has it, or could not be asked. */
  async flush() {
    await this.#saving;
    const form = this.#form;
    if (!form) return;
    this.#rest();
    this.#saving = this.#save(form).finally(() => {
      this.#saving = null;
    });
    await this.#saving;
  }

  #heard(field, after) {
    const form = field.closest?.("#editor form[data-autosave]");
    if (!form || this.desk.isOvertaken) return;
    this.#form = form;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), after);
    this.desk.say("saving", "dirty");
  }

  #left(field) {
    const form = field.closest?.("#editor form[data-autosave]");
    if (!form || this.desk.isOvertaken) return;
    if (field.hasAttribute("data-reshapes")) {
      this.drop(form);
      void this.desk.act(form, null).then(() => document.getElementById(field.id)?.focus());
      return;
    }
    this.#heard(field, 0);
  }

  #rest() {
    clearTimeout(this.#timer);
    this.#form = null;
  }

  async #save(form) {
    if (await this.desk.save(form)) return;
    if (!form.isConnected) return;
    this.#form = form;
    this.#timer = setTimeout(() => void this.flush(), AGAIN);
  }
}
