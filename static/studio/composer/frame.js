// The mail in its frame: changed in place, node by node, so that nothing flickers and it stays where it was scrolled to.
//
// The frame holds an empty page of the server's with a policy of its own: no script runs in it and no address is asked
// but for pictures. What is put in is parsed by the frame's own document, under that policy.

const RESTING = "a { pointer-events: none; }"; // a link followed would take the mail out of its frame

export class Frame {
  #awaited = null; // what is new while nobody looks

  /** @param {HTMLIFrameElement} element */
  constructor(element) {
    this.element = element;
    this.ready = loaded(element);
  }

  get document() {
    return this.element.contentDocument;
  }

  /** @param {string} html @param {{images: boolean, follow?: boolean}} how `follow`: what is new comes into sight */
  async show(html, { images, follow = false }) {
    await this.ready;
    const made = this.document.implementation.createHTMLDocument();
    made.documentElement.innerHTML = html.replace(/^[\s\S]*?<html[^>]*>/i, "");
    const attributes = html.match(/<html([^>]*)>/i)?.[1] ?? "";
    made.documentElement.lang = attributes.match(/lang="([^"]*)"/)?.[1] ?? "";
    made.documentElement.className = attributes.match(/class="([^"]*)"/)?.[1] ?? "";
    made.head.append(Object.assign(made.createElement("style"), { textContent: RESTING }));
    if (!images) hide(made);
    const changes = new MutationObserver(() => {});
    changes.observe(this.document, { subtree: true, childList: true, characterData: true });
    become(this.document.documentElement, made.documentElement);
    const changed = changes.takeRecords().map(place).filter((element) => element?.closest("body"));
    changes.disconnect();
    const isShown = this.document.body.getClientRects().length > 0;
    if (follow && changed.length) this.#awaited = isShown ? changed.find(isSeen) : changed.at(-1);
    if (isShown) this.#reach();
  }

  /** Roll to what is new where it cannot be seen, and leave it a third of the way down. */
  #reach() {
    const element = this.#awaited;
    this.#awaited = null;
    if (!element?.isConnected || !isSeen(element)) return;
    const { top, bottom } = element.getBoundingClientRect();
    const { scrollingElement, defaultView } = this.document;
    const height = defaultView.innerHeight;
    if (bottom < 0 || top > height || (top < 0 && bottom < height / 3)) scrollingElement.scrollTop += top - height / 3;
  }

  /** Show a width in the room that there is: what is wider is drawn smaller. */
  size(width, room, height) {
    const scale = Math.min(1, room / width);
    Object.assign(this.element.style, {
      width: `${width}px`,
      height: `${Math.round(height / scale)}px`,
      transform: `scale(${scale})`,
    });
    this.#reach();
  }

  set scheme(name) {
    this.element.style.colorScheme = name;
  }
}

function loaded(element) {
  if (element.contentDocument?.readyState === "complete" && element.contentDocument.URL !== "about:blank") {
    return Promise.resolve();
  }
  return new Promise((done) => element.addEventListener("load", done, { once: true }));
}

/** Where something has changed: the element that came, or the one around words that are others; not blanks between. */
function place({ target, addedNodes }) {
  const came = [...addedNodes].find((node) => node.nodeType === Node.ELEMENT_NODE);
  if (came) return came;
  const words = addedNodes.length ? [...addedNodes].map((node) => node.data).join("") : (target.data ?? "");
  return words.trim() ? (target.closest ? target : target.parentElement) : null;
}

const isSeen = (element) => element.getClientRects().length > 0;

/** As a mail program shows it that fetches no pictures. */
function hide(made) {
  for (const image of made.querySelectorAll("img")) {
    image.removeAttribute("src");
    image.removeAttribute("srcset");
  }
}

/** Make one node say what the other says, keeping every part that is the same. */
export function become(old, wanted) {
  if (old.nodeType !== wanted.nodeType || old.nodeName !== wanted.nodeName) return old.replaceWith(adopt(old, wanted));
  if (old.nodeType !== Node.ELEMENT_NODE) return void (old.data === wanted.data || (old.data = wanted.data));
  attributes(old, wanted);
  children(old, wanted);
  return undefined;
}

const adopt = (old, wanted) => old.ownerDocument.importNode(wanted, true);

function attributes(old, wanted) {
  for (const { name } of [...old.attributes]) if (!wanted.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of wanted.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
}

/** What is the same at both ends stays; of the middle each becomes its neighbour in place. */
function children(old, wanted) {
  const [have, want] = [[...old.childNodes], [...wanted.childNodes]];
  while (have.length && want.length && have[0].isEqualNode(want[0])) [have, want].forEach((list) => list.shift());
  while (have.length && want.length && have.at(-1).isEqualNode(want.at(-1))) [have, want].forEach((list) => list.pop());
  const behind = have.at(-1)?.nextSibling ?? anchor(old, wanted, want);
  const shared = Math.min(have.length, want.length);
  for (let place = 0; place < shared; place += 1) become(have[place], want[place]);
  have.slice(shared).forEach((node) => node.remove());
  want.slice(shared).forEach((node) => old.insertBefore(adopt(old, node), behind));
}

/** Where new nodes go when nothing of the middle was there: before what is the same at the end. */
function anchor(old, wanted, want) {
  if (!want.length) return null;
  const same = [...wanted.childNodes].length - 1 - [...wanted.childNodes].indexOf(want.at(-1));
  return same ? old.childNodes[old.childNodes.length - same] : null;
}
