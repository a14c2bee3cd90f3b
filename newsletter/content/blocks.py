"""The block document that staff edit: its schema, and what is wrong with one in words that name the block.

    {"version": 1, "blocks": [{"type": "heading", "text": "…"}, {"type": "text", "text": "…"}, …]}

What a block looks like is decided by its templates in templates/email/blocks/, never by the document.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsletter.content import art, fields, markup, targets

VERSION = 1
MOST_BLOCKS = 40
LONGEST_SUBJECT = 150
LONGEST_LINE = 200
LONGEST_TEXT = 8000


@dataclass(frozen=True)
class Problem:
    """Something that keeps a document from being saved: where it is, and what to do."""

    where: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.why}" if self.where else self.why


@dataclass(frozen=True)
class Allowed:
    """What an email of one kind may hold besides what every email may."""

    fields: frozenset[str] = frozenset({"first_name"})
    targets: frozenset[str] = frozenset(targets.MARKETING)


Block = dict[str, Any]
NAMES = {
    "heading": gettext_lazy("heading"),
    "text": gettext_lazy("text"),
    "button": gettext_lazy("button"),
    "image": gettext_lazy("image"),
    "red_flags": gettext_lazy("red-flag box"),
}


def allowed(kind: str, key: str | None = None) -> Allowed:
    """What an email of this kind (and, when it is one of ours, with this key) may hold."""
    return Allowed(fields.slots(kind, key), frozenset(targets.own(kind, key)))


def empty() -> dict[str, Any]:
    return {"version": VERSION, "blocks": []}


def validate(document: Any, may: Allowed | None = None) -> list[Problem]:
    """Every reason why this document cannot be compiled, in the order of its blocks."""
    if not isinstance(document, dict) or document.get("version") != VERSION:
        return [Problem("", _("This email was written by another version of the editor."))]
    blocks = document.get("blocks")
    if not isinstance(blocks, list) or set(document) != {"version", "blocks"}:
        return [Problem("", _("The email has no readable blocks."))]
    if len(blocks) > MOST_BLOCKS:
        return [Problem("", _("An email can have %(most)s blocks at most.") % {"most": MOST_BLOCKS})]
    return [
        Problem(place(number, block), why)
        for number, block in enumerate(blocks, start=1)
        for why in _reasons(block, may or Allowed())
    ]


def line_problems(text: str, name: str, may: Allowed) -> list[Problem]:
    """What is wrong with a subject or preheader."""
    reasons = [] if text.isprintable() else [_("It must be one line without special characters.")]
    if len(text) > LONGEST_SUBJECT:
        reasons.append(_("It is longer than %(most)s characters.") % {"most": LONGEST_SUBJECT})
    return [Problem(name, why) for why in [*reasons, *fields.problems(text, may.fields)]]


def place(number: int, block: Any) -> str:
    """How a block is called when something is wrong with it: Block 3 (button)."""
    name = NAMES.get(_kind(block))
    return _("Block %(number)s (%(name)s)") % {"number": number, "name": name or "?"}


def texts(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Where each piece of wording is, and the words that a reader sees there."""
    for number, block in enumerate(document["blocks"], start=1):
        where = place(number, block)
        for field in ("text", "label", "alt", "caption"):
            if block.get(field):
                words = markup.plain(block[field]) if block["type"] == "text" else block[field]
                yield where, fields.without(words)


def _kind(block: Any) -> str:
    kind = block.get("type") if isinstance(block, dict) else None
    return kind if isinstance(kind, str) else ""


def _reasons(block: Any, may: Allowed) -> Iterator[str]:
    checks = _CHECKS.get(_kind(block))
    if checks is None:
        yield _("There is no block of this kind.")
        return
    known, check = checks
    if set(block) - {"type"} - known:
        yield _("It holds something that the editor does not know.")
    elif any(not isinstance(block.get(field, ""), str) for field in known):
        yield _("It holds something other than text.")
    else:
        yield from check(block, may)


def _heading(block: Block, may: Allowed) -> Iterator[str]:
    yield from _line(block, "text", _("Write the heading, or remove the block."), may)


def _text(block: Block, may: Allowed) -> Iterator[str]:
    text = block.get("text", "")
    if not text.strip():
        yield _("Write the text, or remove the block.")
    if len(text) > LONGEST_TEXT:
        yield _("The text is longer than %(most)s characters.") % {"most": LONGEST_TEXT}
    yield from fields.problems(text, may.fields)
    yield from _bad_targets(markup.links(text), may)


def _button(block: Block, may: Allowed) -> Iterator[str]:
    yield from _line(block, "label", _("Write what the button says."), may)
    yield from _bad_targets([block.get("target", "")], may)


def _image(block: Block, may: Allowed) -> Iterator[str]:
    if block.get("name") not in art.PICTURES:
        yield _("There is no picture with this name.")
    if not block.get("alt", "").strip():
        yield _("Say in the alternative text what the picture shows, for readers who do not see it.")
    for field in ("alt", "caption"):
        yield from _length(block.get(field, ""))
        yield from fields.problems(block.get(field, ""), may.fields)


def _red_flags(block: Block, may: Allowed) -> Iterator[str]:
    return iter(())


def _line(block: Block, field: str, missing: str, may: Allowed) -> Iterator[str]:
    text = block.get(field, "")
    if not text.strip():
        yield missing
    yield from _length(text)
    yield from fields.problems(text, may.fields)


def _length(text: str) -> Iterator[str]:
    if len(text) > LONGEST_LINE:
        yield _("It is longer than %(most)s characters.") % {"most": LONGEST_LINE}
    if "\n" in text or "\r" in text:
        yield _("It must be one line.")


def _bad_targets(found: Any, may: Allowed) -> Iterator[str]:
    for target in found:
        why = targets.problem(target, may.targets)
        if why:
            yield why


_Check = Callable[[Block, Allowed], Iterator[str]]
_CHECKS: dict[str, tuple[set[str], _Check]] = {
    "heading": ({"text"}, _heading),
    "text": ({"text"}, _text),
    "button": ({"label", "target"}, _button),
    "image": ({"name", "alt", "caption"}, _image),
    "red_flags": (set(), _red_flags),
}
