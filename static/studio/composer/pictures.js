// The picture of a block: from the library or from a file. What is dropped or pasted comes by files.js.

import { Album } from "./album.js";
import { ask } from "./dialogs.js";
import { get, upload } from "./requests.js";
import { announce, say } from "./say.js";

/** @typedef {{name: string, url: string, width: number, height: number, alt: string, label: string}} Picture */

/** The clinic's library. What it was asked for once is known; the rest of it stays where it is. */
export class Library {
  #known = new Map();
  #wanted = new Set();
  #answer = null;

  /** @param {Picture[]} drawings those that ship with us */
  constructor({ url, uploadUrl, drawings }) {
    Object.assign(this, { url, uploadUrl });
    this.#learn(drawings);
    this.dialog = document.getElementById("library");
    this.album = new Album(this.dialog, { drawings, look: (query) => this.#look(query) });
  }

  /** @returns {Promise<Picture | undefined>} */
  async find(name) {
    if (!this.#known.has(name)) await this.#asked(name);
    return this.#known.get(name);
  }

  /** Names that are asked for in one breath are one question. */
  #asked(name) {
    if (!this.#wanted.size) {
      this.#answer = Promise.resolve().then(() => {
        const query = new URLSearchParams([...this.#wanted].map((wanted) => ["name", wanted]));
        this.#wanted.clear();
        return this.#look(query);
      });
    }
    this.#wanted.add(name);
    return this.#answer;
  }

  /** @returns {Promise<Picture | null>} */
  async choose(current) {
    await this.album.open(current);
    const answer = await ask(this.dialog);
    return (answer && this.#known.get(answer.choice)) ?? null;
  }

  /** @param {File} file @returns {Promise<{picture?: Picture, why?: string}>} */
  async add(file) {
    const form = new FormData();
    form.set("file", file);
    const { ending, data } = await upload(this.uploadUrl, form);
    if (ending !== "ok") return { why: data?.why ?? say("upload_failed") };
    this.#learn([data]);
    return { picture: data };
  }

  /** @param {URLSearchParams} query @returns {Promise<{pictures: Picture[], page?: number, pages?: number} | null>} */
  async #look(query) {
    const { ending, data } = await get(`${this.url}?${query}`);
    if (ending !== "ok") return null;
    this.#learn(data.pictures);
    return data;
  }

  #learn(pictures) {
    for (const picture of pictures) this.#known.set(picture.name, picture);
  }
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
    box.querySelector("[type=file]").addEventListener("change", ({ target }) => {
      if (target.files.length) this.take(target.files[0]);
      target.value = ""; // the same file may be chosen again
    });
    box.querySelector("[data-no-picture]")?.addEventListener("click", () => this.write(""));
  }

  /** @param {File} file put into the library, and shown here */
  async take(file) {
    this.#say(say("uploading", { name: file.name }));
    const { picture, why } = await this.library.add(file);
    if (picture) await this.#put(picture, picture.note || say("uploaded"));
    else this.#say(why, true);
  }

  async #choose() {
    const picture = await this.library.choose(this.name);
    if (picture) await this.#put(picture, "");
  }

  /** What the library knows of a picture is written down in place of what it knew of the one before. */
  async #put(picture, said) {
    const before = this.name ? await this.library.find(this.name) : undefined;
    const isOwn = Boolean(this.alt) && this.alt !== before?.alt;
    const isOther = Boolean(this.name) && this.name !== picture.name;
    this.write(picture.name, isOwn ? {} : { alt: picture.alt ?? "" });
    this.#say(isOwn && isOther ? say("alt_stays") : said);
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
