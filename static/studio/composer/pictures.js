// The picture of a block: from the library, from a file, dropped onto the block or pasted into it.

import { ask } from "./dialogs.js";
import { get, upload } from "./requests.js";
import { announce, say, stamp } from "./say.js";

/** @typedef {{name: string, url: string, width: number, height: number, alt: string, label: string}} Picture */

/** The clinic's library, asked for once and then known. */
export class Library {
  #pictures = null;

  /** @param {Picture[]} drawings those that ship with us */
  constructor({ url, uploadUrl, drawings }) {
    Object.assign(this, { url, uploadUrl, drawings });
    this.dialog = document.getElementById("library");
    this.grid = this.dialog.querySelector("[data-pictures]");
  }

  async all() {
    if (!this.#pictures) {
      const { ending, data } = await get(this.url);
      if (ending !== "ok") return this.drawings;
      const found = Array.isArray(data) ? data : data.pictures;
      this.#pictures = [...found, ...this.drawings.filter(({ name }) => !found.some((one) => one.name === name))];
    }
    return this.#pictures;
  }

  /** @returns {Promise<Picture | undefined>} */
  async find(name) {
    return this.drawings.find((one) => one.name === name) ?? (await this.all()).find((one) => one.name === name);
  }

  /** @returns {Promise<Picture | null>} */
  async choose(current) {
    const pictures = await this.all();
    this.grid.replaceChildren(...pictures.map((picture) => tile(picture, picture.name === current)));
    const answer = await ask(this.dialog);
    return answer ? pictures.find(({ name }) => name === answer.choice) : null;
  }

  /** @param {File} file @returns {Promise<{picture?: Picture, why?: string}>} */
  async add(file) {
    const form = new FormData();
    form.set("file", file);
    const { ending, data } = await upload(this.uploadUrl, form);
    if (ending !== "ok") return { why: data?.why ?? say("upload_failed") };
    this.#pictures = [data, ...((await this.all()) ?? []).filter(({ name }) => name !== data.name)];
    return { picture: data };
  }
}

function tile(picture, isChosen) {
  const found = stamp("picture-tile");
  found.value = picture.name;
  found.setAttribute("aria-pressed", String(isChosen));
  found.querySelector("img").src = picture.url;
  found.querySelector("span").textContent = picture.label || picture.alt || picture.name;
  return found;
}

/** @implements {import("./inputs.js").Field} */
export class PictureField {
  /** @param {HTMLElement} box @param {(name: string, more?: object) => void} write */
  constructor(box, write, { library }) {
    Object.assign(this, { box, write, library, shown: null });
    this.image = box.querySelector("img");
    this.status = box.querySelector("[data-upload-status]");
    this.button = box.querySelector("[data-choose]");
    this.button.addEventListener("click", () => this.#choose());
    box.querySelector("[type=file]").addEventListener("change", ({ target }) => this.#files(target.files));
    box.querySelector("[data-no-picture]")?.addEventListener("click", () => this.write(""));
    this.#listen(box.closest("[data-block]"));
  }

  #listen(card) {
    card.addEventListener("dragover", (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      card.classList.add("receives");
    });
    card.addEventListener("dragleave", () => card.classList.remove("receives"));
    card.addEventListener("drop", (event) => this.#dropped(event, card));
    card.addEventListener("paste", (event) => this.#files(event.clipboardData.files, event));
  }

  #dropped(event, card) {
    card.classList.remove("receives");
    this.#files(event.dataTransfer.files, event);
  }

  async #files(files, event) {
    const file = [...files].find((one) => one.type.startsWith("image/")) ?? files[0];
    if (!file) return;
    event?.preventDefault();
    this.#say(say("uploading", { name: file.name }));
    const { picture, why } = await this.library.add(file);
    this.#say(why ?? say("uploaded"), Boolean(why));
    if (picture) this.#take(picture);
  }

  async #choose() {
    const picture = await this.library.choose(this.name);
    if (picture) this.#take(picture);
  }

  /** What the library knows about a picture is put down where nothing was written yet. */
  #take(picture) {
    const more = this.alt ? {} : { alt: picture.alt ?? "" };
    this.write(picture.name, more);
  }

  #say(words, isWrong = false) {
    this.status.textContent = words;
    this.status.classList.toggle("error", isWrong);
    announce(words);
  }

  draw(name = "", block = {}) {
    this.alt = block.alt ?? "";
    this.name = name;
    this.box.classList.toggle("has-picture", Boolean(name));
    const none = this.box.querySelector("[data-no-picture]");
    if (none) none.hidden = !name;
    if (name !== this.shown) this.#show(name);
  }

  async #show(name) {
    this.shown = name;
    const picture = name ? await this.library.find(name) : undefined;
    if (this.name !== name) return;
    this.image.hidden = !picture;
    if (picture) this.image.src = picture.url;
  }

  flag(wrong) {
    this.button.classList.toggle("is-invalid", wrong);
  }

  focus() {
    this.button.focus();
  }
}
