"""How the shipped emails are written down: one call per block, in the order in which they are read."""

import textwrap
from dataclasses import dataclass
from typing import Any

from newsletter.content import blocks, markup
from newsletter.content.models import EmailKind, Topic

Block = dict[str, str]
APOSTROPHE = "\u2019"


@dataclass(frozen=True)
class Preset:
    """An email as it ships. A starter has no key: it is copied, not installed."""

    key: str
    name: str
    subject: str
    preheader: str
    blocks: tuple[Block, ...]
    kind: EmailKind = EmailKind.TRANSACTIONAL
    topic: Topic | str = ""

    @property
    def body(self) -> dict[str, Any]:
        return blocks.clean({"version": blocks.VERSION, "blocks": [_set(block) for block in self.blocks]})


def heading(text: str) -> Block:
    return {"type": "heading", "text": text}


def text(prose: str) -> Block:
    """Paragraphs as they stand in the source: a line break within one is a space, `/` at an end keeps it."""
    return {"type": "text", "text": rich(prose)}


def button(label: str, target: str) -> Block:
    return {"type": "button", "label": label, "target": target}


def image(picture: str, *, alt: str, caption: str = "") -> Block:
    return {"type": "image", "picture": picture, "alt": alt} | ({"caption": caption} if caption else {})


def columns(left: str, right: str) -> Block:
    return {"type": "columns", "left": rich(left), "right": rich(right)}


def article(title: str, words: str, *, target: str, label: str) -> Block:
    return {"type": "article", "title": title, "text": words, "target": target, "label": label}


def divider() -> Block:
    return {"type": "divider"}


def signature(closing: str) -> Block:
    return {"type": "signature", "closing": closing}


def free_times(title: str, *, fallback: str) -> Block:
    return {"type": "free_times", "heading": title, "fallback": fallback}


def red_flags() -> Block:
    return {"type": "red_flags"}


def rich(prose: str) -> str:
    paragraphs = textwrap.dedent(prose).strip().split("\n\n")
    return markup.html("\n\n".join(_joined(paragraph) for paragraph in paragraphs))


def _set(block: Block) -> Block:
    """With the apostrophes that a printer would use."""
    return {name: value.replace("'", APOSTROPHE) for name, value in block.items()}


def _joined(paragraph: str) -> str:
    joined = ""
    for line in paragraph.split("\n"):
        is_new = not joined or line.startswith("- ") or joined.endswith("/")
        joined = joined.removesuffix("/") + ("\n" if joined and is_new else "" if not joined else " ") + line.strip()
    return joined
