// The library's page: pictures come by file, by drop or by paste, one after the other, and the grid shows them.
import { catchFiles, upload } from "./upload.js";

const zone = document.getElementById("add");
const input = zone.querySelector("input[type=file]");
const lines = document.getElementById("uploads");
const { url, csrf, away, signedOut, arrived, known } = zone.dataset;
let line = Promise.resolve();

zone.querySelector("button").hidden = true;
input.addEventListener("change", () => {
  take([...input.files]);
  input.value = "";
});
catchFiles(zone, take);

function take(files) {
  const rows = files.map((file) => [file, row(file)]);
  line = rows.reduce((before, [file, element]) => before.then(() => send(file, element)), line).then(refresh);
}

function row(file) {
  const element = document.createElement("li");
  const name = document.createElement("span");
  const bar = document.createElement("progress");
  name.textContent = file.name || "…";
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", name.textContent);
  element.append(name, bar);
  lines.append(element);
  return element;
}

async function send(file, element) {
  const bar = element.querySelector("progress");
  const words = { away, signedOut };
  const { picture, why } = await upload(url, file, { csrf, words, progress: (share) => (bar.value = share) });
  const said = document.createElement("span");
  said.className = why ? "error" : "soft";
  said.textContent = why ?? [picture.is_new ? arrived : known, picture.note].join(" ").trim();
  bar.replaceWith(said);
  if (picture) element.dataset.name = picture.name;
}

/** Cards that are new come first; those that are there stay as they are, with what somebody is typing in them. */
async function refresh() {
  const answer = await fetch(window.location.href, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("grid");
  const grid = document.getElementById("grid");
  const shown = grid.querySelector(".picture-grid");
  if (!fresh) return;
  if (!shown) return void grid.replaceWith(document.importNode(fresh, true));
  const added = [...fresh.querySelectorAll(".picture-card")].filter((card) => !document.getElementById(card.id));
  shown.prepend(...added.map((card) => document.importNode(card, true)));
}
