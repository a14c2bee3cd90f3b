"""How the shipped emails are written down: one call per block, in the order in which they are read."""

import textwrap
from dataclasses import dataclass
from typing import Any

from newsletter.content import blocks
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
        return {"version": blocks.VERSION, "blocks": [_set(block) for block in self.blocks]}


def heading(text: str) -> Block:
    return {"type": "heading", "text": text}


def text(prose: str) -> Block:
    """Paragraphs as they stand in the source: a line break within one is a space, `/` at an end keeps it."""
    paragraphs = textwrap.dedent(prose).strip().split("\n\n")
    return {"type": "text", "text": "\n\n".join(_joined(paragraph) for paragraph in paragraphs)}


def button(label: str, target: str) -> Block:
    return {"type": "button", "label": label, "target": target}


def image(name: str, *, alt: str, caption: str = "") -> Block:
    return {"type": "image", "name": name, "alt": alt} | ({"caption": caption} if caption else {})


def red_flags() -> Block:
    return {"type": "red_flags"}


def _set(block: Block) -> Block:
    """With the apostrophes that a printer would use."""
    return {name: value.replace("'", APOSTROPHE) for name, value in block.items()}


def _joined(paragraph: str) -> str:
    joined = ""
    for line in paragraph.split("\n"):
        is_new = not joined or line.startswith("- ") or joined.endswith("/")
        joined = joined.removesuffix("/") + ("\n" if joined and is_new else "" if not joined else " ") + line.strip()
    return joined
