"""What an email says, piece by piece: the words as a reader meets them, and where they stand."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from newsletter.content import blocks, fields, richtext
from newsletter.content.blocks import KINDS, Condition, Form
from newsletter.content.compose import Draft

SPOKEN = frozenset({Form.LINE, Form.LINES, Form.RICH})


@dataclass(frozen=True)
class Said:
    """One piece of wording. Its merge fields are still in it: see `readings`. `only` says who sees it, if not all."""

    where: str
    words: str
    block: str = ""
    field: str = ""
    only: Condition | None = None

    @property
    def usual(self) -> str:
        """The words with every field as its fallback."""
        return fields.without(self.words)

    @property
    def readings(self) -> tuple[str, ...]:
        """The words as they can come out: with every fallback, and with fields that say nothing."""
        return tuple(dict.fromkeys((self.usual, fields.FIELD.sub("", self.words))))


def whole() -> str:
    """Where something is that has no place of its own."""
    return _("The whole email")


def lines(draft: Draft) -> Iterator[Said]:
    """What an inbox shows."""
    yield Said(_("Subject"), draft.subject, field="subject")
    yield Said(_("Preheader"), draft.preheader, field="preheader")


def body(draft: Draft) -> Iterator[Said]:
    """What the blocks say, in their order."""
    for number, block in enumerate(draft.body["blocks"], start=1):
        where = blocks.place(number, block)
        for field, words in _worded(block):
            yield Said(where, words, str(block.get("id", "")), field, blocks.condition(block))


def everything(draft: Draft) -> Iterator[Said]:
    yield from lines(draft)
    yield from body(draft)


def _worded(block: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for field, known in KINDS[block["type"]].fields.items():
        words = block.get(field, "")
        if known.form in SPOKEN and words.strip():
            yield field, richtext.plain(richtext.parse(words)) if known.form is Form.RICH else words
