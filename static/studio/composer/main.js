// The composer: puts the pieces together. What each one does stands at its top.

import { Acts } from "./acts.js";
import { Conditions } from "./conditions.js";
import { closeByBackdrop } from "./dialogs.js";
import { Drag } from "./drag.js";
import { DropLine } from "./dropping.js";
import { Errands } from "./errands.js";
import { MergeFields } from "./fields.js";
import { Files } from "./files.js";
import { Findings } from "./findings.js";
import { fromDocument } from "./letter.js";
import { Line } from "./lines.js";
import { Links } from "./links.js";
import { Library } from "./pictures.js";
import { Presence } from "./presence.js";
import { Preview } from "./preview.js";
import { Readers } from "./readers.js";
import { restore } from "./restoring.js";
import { Saving } from "./saving.js";
import { SavedBlocks } from "./saved.js";
import { say } from "./say.js";
import { leaving, looks, publishing, turns } from "./stage.js";
import { Status } from "./status.js";
import { Store } from "./store.js";
import { View } from "./view.js";

const state = JSON.parse(document.getElementById("composer-state").textContent);
const { urls } = state;

function write() {
  const store = new Store(fromDocument(state));
  const saving = new Saving(store, state.version, { url: urls.save });
  const status = new Status(saving, { signInUrl: urls.signIn, backUrl: urls.back });
  status.savedAt = state.saved;
  const conditions = new Conditions(state.conditions);
  const mergeFields = new MergeFields(state.fields);
  const library = new Library({ url: urls.pictures, uploadUrl: urls.upload, drawings: state.drawings });
  const pieces = { conditions, library, mergeFields, links: new Links() };
  const view = new View(document.getElementById("blocks"), store, pieces);
  const lines = ["subject", "preheader"].map((name) => new Line(name, store, pieces));
  const savedBlocks = new SavedBlocks({ url: urls.savedBlocks });
  const acts = new Acts(store, view, { ...state, conditions, savedBlocks, mergeFields });
  const preview = new Preview(store, { url: urls.preview });
  preview.addEventListener("answer", ({ detail }) => inbox(detail, lines));
  const line = new DropLine(view.list);
  new Drag(view.list, store, line);
  new Files(view, acts, line);
  const errands = new Errands({ saving, preview, status }, state.errands);
  new Findings({ preview, view, lines, acts, errands, ways: state.ways });
  const readers = new Readers({ url: urls.readers }, (lead) => preview.as(lead));
  preview.addEventListener("alone", () => readers.gone());
  begin({ store, saving, status, acts, lines, mergeFields, preview });
}

function begin({ store, saving, status, acts, lines, mergeFields, preview }) {
  for (const button of document.querySelectorAll("[data-insert-line]")) {
    const line = lines.find(({ name }) => name === button.dataset.insertLine);
    button.addEventListener("click", () => mergeFields.ask(line));
  }
  for (const id of ["add-first", "add-last"]) {
    document.getElementById(id).addEventListener("click", () => acts.addAt(store.letter.blocks.length));
  }
  document.addEventListener("keydown", (event) => saveByKey(event, saving));
  document.getElementById("composer").addEventListener("focusout", () => store.rest());
  document.getElementById("composer").addEventListener("change", () => saving.now());
  document.getElementById("close-notice").addEventListener("click", () => {
    document.getElementById("save-notice").hidden = true;
  });
  addEventListener("blur", () => saving.now());
  turns();
  closeByBackdrop();
  looks(preview);
  publishing(saving, { url: urls.publish });
  leaving(saving);
  new Presence(saving, { url: urls.here });
  restore(store, saving).then((found) => found && status.notify(say("restored")));
  document.getElementById("composer").dataset.ready = "true";
}

/** The letter as a line of an inbox, as the server fills it for the chosen reader. */
function inbox({ html, sender, problems, ...filled }, lines) {
  if (html === null) return;
  for (const line of lines) {
    const isWrong = problems.some(({ block, field }) => !block && field === line.name);
    if (!isWrong) line.inbox(filled[line.name]);
  }
  document.querySelector(".inbox-sender").textContent = sender.replace(/\s*<[^>]*>$/, "");
}

function saveByKey(event, saving) {
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
  event.preventDefault();
  saving.now();
}

write();
