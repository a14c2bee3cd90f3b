"""The words of a document as a reader sees them, each with its place."""

from collections.abc import Iterator
from typing import NamedTuple

from newsletter.content import fields, richtext
from newsletter.content.blocks.places import place
from newsletter.content.blocks.schema import KINDS, Document, Form

SPOKEN = {Form.LINE, Form.LINES, Form.RICH}


class Said(NamedTuple):
    """Words, the name of their block for people, its id, and its field."""

    where: str
    words: str
    block: str
    field: str


def words(document: Document) -> Iterator[Said]:
    """Everything that the blocks say; merge fields as their fallbacks."""
    for number, block in enumerate(document["blocks"], start=1):
        for name, field in KINDS[block["type"]].fields.items():
            value = block.get(name, "")
            if value and field.form in SPOKEN:
                said = richtext.plain(richtext.parse(value)) if field.form is Form.RICH else value
                yield Said(place(number, block), fields.without(said), block.get("id", ""), name)


def texts(document: Document) -> Iterator[tuple[str, str]]:
    """Where each piece of wording is, and what it says."""
    return ((said.where, said.words) for said in words(document))
