"""A document as it is stored: its rich text made safe, every block with an id of its own."""

import re
from hashlib import blake2b

from newsletter.content import richtext
from newsletter.content.blocks.schema import KINDS, Block, Document, Form

ID = re.compile(r"[a-z0-9]{8}")
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def clean(document: Document) -> Document:
    """The same document without what could not be mailed anyway. It must have the right shape."""
    taken: set[str] = set()
    cleaned = []
    for number, block in enumerate(document["blocks"]):
        key = block.get("id", "")
        key = key if ID.fullmatch(key) and key not in taken else free_id(number, taken)
        taken.add(key)
        cleaned.append({**_cleaned(block), "id": key})
    return {"version": document["version"], "blocks": cleaned}


def free_id(number: int, taken: set[str]) -> str:
    """The id of the block at this place: the same whenever it is asked for, as long as nobody else has it."""
    for attempt in range(len(taken) + 1):
        digest = blake2b(f"{number}/{attempt}".encode(), digest_size=8).digest()
        key = "".join(LETTERS[byte % len(LETTERS)] for byte in digest)
        if key not in taken:
            return key
    raise AssertionError("There are more ids than were tried.")


def _cleaned(block: Block) -> Block:
    forms = {name: field.form for name, field in KINDS[block["type"]].fields.items()}
    return {name: _value(value, forms.get(name)) for name, value in block.items()}


def _value(value: object, form: Form | None) -> object:
    if not isinstance(value, str):
        return value
    if form is Form.RICH:
        return richtext.clean(value)
    seen = richtext.visible(value.replace("\r\n", "\n").replace("\r", "\n"))
    if form is Form.TARGET:
        return seen.strip()
    return " ".join(seen.split("\n")) if form is Form.LINE else seen
