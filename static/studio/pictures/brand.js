// The brand's page: whatever is typed is shown in the mail beside it, and what is wrong is said where it stands.
import { Frame } from "../composer/frame.js";
import { upload } from "./upload.js";

const form = document.getElementById("brand");
const frame = new Frame(document.getElementById("look"));
const which = document.getElementById("look-which");
const dark = document.getElementById("look-dark");
const { sample, csrf, away, signedOut, take, uploading, picker } = form.dataset;
const PAUSE = 200;
const HEX = /^#[0-9a-f]{6}$/i;
const trouble = document.getElementById("look-said");
let asked = 0;
let isTyped = false;
let waiting;

document.querySelector(".look-tools").hidden = false;
form.querySelectorAll(".colour").forEach(pair);
form.querySelectorAll(".picked-field").forEach(pick);
form.addEventListener("input", soon);
which.addEventListener("change", look);
dark.addEventListener("change", look);
form.addEventListener("submit", () => (isTyped = false));
addEventListener("beforeunload", (event) => isTyped && event.preventDefault());

function soon() {
  isTyped = true;
  clearTimeout(waiting);
  waiting = setTimeout(look, PAUSE);
}

/** What keeps the mail beside the form from following; nothing when it follows. */
function say(words) {
  trouble.textContent = words;
  trouble.hidden = !words;
}

async function look() {
  const turn = ++asked;
  const said = new FormData(form);
  said.set("sample", which.value);
  if (dark.checked) said.set("dark", "on");
  let answer;
  try {
    answer = await fetch(sample, { method: "POST", body: said, headers: { "X-CSRFToken": csrf, Accept: "application/json" } });
  } catch {
    return say(away);
  }
  if (turn !== asked) return;
  if (!answer.ok) return say(answer.status === 401 || answer.status === 403 ? signedOut : away);
  say("");
  const { html, errors, offers } = await answer.json();
  await frame.show(html, { images: true });
  form.querySelectorAll("[name]").forEach((field) => judge(field, errors[field.name] ?? "", offers[field.name] ?? ""));
}

/** Say beside a field what is wrong with it, and offer what would be right. */
function judge(field, why, offer) {
  const box = field.closest(".field");
  if (!box || field.type === "hidden") return;
  const id = `${field.id}_error`;
  let line = document.getElementById(id);
  if (!why && !line) return;
  if (!line) {
    line = document.createElement("p");
    line.id = id;
    line.className = "error";
    line.setAttribute("role", "status");
    box.append(line);
  }
  if (line.dataset.why === why) return;
  line.dataset.why = why;
  line.hidden = !why;
  line.textContent = why;
  field.classList.toggle("is-invalid", Boolean(why));
  field.setAttribute("aria-invalid", String(Boolean(why)));
  box.querySelector(".offer")?.remove();
  if (offer) box.append(offered(field, offer));
}

function offered(field, colour) {
  const row = document.createElement("p");
  const swatch = document.createElement("span");
  const button = document.createElement("button");
  row.className = "offer";
  swatch.className = "swatch";
  swatch.style.background = colour;
  button.type = "button";
  button.className = "btn btn-small";
  button.textContent = `${take} ${colour}`;
  button.addEventListener("click", () => {
    field.value = colour;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
  row.append(swatch, button);
  return row;
}

/** A colour as text gets the browser's own picker beside it; each follows the other. */
function pair(box) {
  const text = box.querySelector("input");
  const colour = document.createElement("input");
  const row = document.createElement("div");
  colour.type = "color";
  colour.className = "form-control";
  colour.setAttribute("aria-label", `${picker}: ${box.querySelector("label").firstChild.textContent.trim()}`);
  row.className = "colour-row";
  text.replaceWith(row);
  row.append(text, colour);
  const follow = () => {
    const shown = text.value || form.querySelector(".colour input").value;
    if (HEX.test(shown)) colour.value = shown.toLowerCase();
  };
  follow();
  form.addEventListener("input", follow);
  colour.addEventListener("input", () => {
    text.value = colour.value.toUpperCase();
  });
}

/** A picture of the library: shown beside the menu, and uploaded without leaving the page. */
function pick(box) {
  const select = box.querySelector("select");
  const image = box.querySelector("img");
  const label = box.querySelector(".picked-upload");
  const file = label.querySelector("input");
  const said = box.querySelector(".picked-said");
  label.hidden = false;
  select.addEventListener("input", () => {
    image.hidden = !select.value;
    if (select.value) image.src = `/media/${select.value.slice(2)}`;
  });
  file.addEventListener("input", (event) => event.stopPropagation());
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    file.value = "";
    if (!chosen) return;
    said.className = "picked-said soft";
    said.textContent = uploading;
    const { picture, why } = await upload(form.dataset.upload, chosen, { csrf, words: { away, signedOut } });
    said.className = `picked-said ${why ? "error" : ""}`;
    said.textContent = why ?? picture.note;
    if (!picture) return;
    document.querySelectorAll(".picked-field select").forEach((menu) => {
      if (![...menu.options].some((option) => option.value === picture.name)) menu.add(new Option(picture.label, picture.name));
    });
    select.value = picture.name;
    select.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
