// The editor of a sequence: sends the page's own forms without leaving the page, and puts the pieces together.
// What each one does stands at its top. Without scripts the same forms lead from page to page.

import { Desk } from "./desk.js";
import { Drag } from "./drag.js";
import { here } from "./here.js";
import { keys } from "./keys.js";
import { Typing } from "./typing.js";

const desk = new Desk(document.getElementById("live"));
const typing = new Typing(desk);

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.closest("#editor") || event.defaultPrevented) return;
  const { submitter } = event;
  if (submitter?.getAttribute("aria-disabled") === "true") return void event.preventDefault();
  if (submitter?.hasAttribute("data-leaves") && !typing.isWaiting) return void desk.renumber(form);
  event.preventDefault();
  if (submitter?.hasAttribute("data-leaves")) return void leave(form, submitter);
  void send(form, submitter);
});

async function send(form, submitter) {
  if (await typing.settle(form)) typing.after(form, await desk.act(form, submitter));
}

/** What was typed is saved first; where it cannot be, nobody leaves. */
async function leave(form, submitter) {
  if ((await typing.settle()) && form.isConnected) form.requestSubmit(submitter);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("#editor [data-open]");
  if (!link?.href || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  void typing.settle().then((isClear) => isClear && desk.look(link.href, link.dataset.open));
});

/** A way out of the page waits until what was typed is saved. */
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link || !typing.isWaiting || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  void typing.flush().then(() => location.assign(link.href));
});

function look() {
  if (document.visibilityState === "visible" && !typing.isWaiting && !desk.isOvertaken) void desk.refresh();
}

document.addEventListener("visibilitychange", look);
addEventListener("pageshow", ({ persisted }) => persisted && look());
addEventListener("beforeunload", (event) => typing.isWaiting && event.preventDefault());
new Drag(desk, typing);
keys(desk, typing);
here(desk);
desk.ready();
