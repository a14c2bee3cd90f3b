"""The composer: the words of one email as a form, block by block, without any script.

Every button of the page is a submit button that carries an act ("save", "add:text", "up:2", "down:2", "remove:2").
The page comes back with what was typed, changed by the act, and only "save" writes anything: nothing typed
is lost to a wrong press.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from newsletter.content import art, blocks, targets
from newsletter.content.models import EmailTemplate
from newsletter.content.services import Wording

FIELDS = {
    "heading": ("text",),
    "text": ("text",),
    "button": ("label", "target"),
    "image": ("name", "alt", "caption"),
    "red_flags": (),
}
KINDS = [
    ("text", _("Text")),
    ("heading", _("Heading")),
    ("button", _("Button")),
    ("image", _("Picture")),
    ("red_flags", _("Red-flag box")),
]
TARGETS = [
    ("call", _("Book a free call")),
    ("direct", _("The clinic's own online booking")),
    ("ask", _("Ask a question")),
    ("article", _("The article")),
    ("nerve-map", _("The nerve map")),
    ("", _("Another address")),
]
NEW = {
    "button": {"label": "", "target": "call"},
    "image": {"name": next(iter(art.PICTURES)), "alt": "", "caption": ""},
}
MOST_MOVES = blocks.MOST_BLOCKS


@dataclass
class Composer:
    """What is typed, whatever its state; `problems` are what kept the last save from happening."""

    subject: str
    preheader: str
    blocks: list[dict[str, str]]
    seen_at: str = ""
    problems: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, email: EmailTemplate) -> "Composer":
        found = email.body.get("blocks", [])
        return cls(email.subject, email.preheader, [dict(block) for block in found], email.updated_at.isoformat())

    @classmethod
    def typed(cls, data: Mapping[str, str]) -> "Composer":
        """Read a posted page back; a block of an unknown kind is left out."""
        count = min(_number(data.get("count", "0")), blocks.MOST_BLOCKS)
        kinds = [(number, data.get(f"b{number}-type", "")) for number in range(count)]
        return cls(
            data.get("subject", ""),
            data.get("preheader", ""),
            [_block(data, number, kind) for number, kind in kinds if kind in FIELDS],
            data.get("seen_at", ""),
        )

    def apply(self, act: str) -> int | None:
        """Change the blocks; returns the number of the block that was touched, for the page to show it."""
        verb, _colon, what = act.partition(":")
        if verb == "add" and what in FIELDS and len(self.blocks) < blocks.MOST_BLOCKS:
            self.blocks.append({"type": what, **dict.fromkeys(FIELDS[what], ""), **NEW.get(what, {})})
            return len(self.blocks) - 1
        number = _number(what)
        if number >= len(self.blocks):
            return None
        if verb == "remove":
            del self.blocks[number]
            return max(number - 1, 0) if self.blocks else None
        target = {"up": number - 1, "down": number + 1}.get(verb)
        if target is None or not 0 <= target < len(self.blocks):
            return None
        self.blocks[number], self.blocks[target] = self.blocks[target], self.blocks[number]
        return target

    def wording(self) -> Wording:
        body = {"version": blocks.VERSION, "blocks": self.blocks}
        return Wording(self.subject, self.preheader, body, seen_at=_moment(self.seen_at))

    def rows(self) -> list[dict[str, Any]]:
        """The blocks as the template draws them."""
        return [
            {
                "number": number,
                "kind": blocks.NAMES[block["type"]],
                "is_elsewhere": block.get("target", "") not in dict(TARGETS[:-1]),
                **block,
            }
            for number, block in enumerate(self.blocks)
        ]


def choices() -> dict[str, Any]:
    """What the page offers."""
    return {
        "kinds": KINDS,
        "targets": [(value, label) for value, label in TARGETS if value in targets.PAGES or value in ("direct", "")],
        "pictures": list(art.PICTURES),
    }


def _block(data: Mapping[str, str], number: int, kind: str) -> dict[str, str]:
    block = {"type": kind}
    for name in FIELDS[kind]:
        block[name] = data.get(f"b{number}-{name}", "").replace("\r\n", "\n")
    if kind == "button":
        block["target"] = block["target"] or data.get(f"b{number}-elsewhere", "").strip()
    return block


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else MOST_MOVES  # noqa: PLR2004


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
