"""Older documents: brings any version to the current one. Every stored document goes through here once.

Version 1 had text with the marks of `markup` instead of HTML, called an image's picture its name, knew no ids and
no conditions, and let some fields of the clinic's do without a fallback.
"""

from collections.abc import Callable
from typing import Any

from newsletter.content import fields, markup
from newsletter.content.blocks.cleaning import free_id
from newsletter.content.blocks.schema import VERSION

FALLBACKS = {
    "clinic_name": "the clinic",
    "first_visit_price": "ask us before you book",
    "insurance_note": "ask your insurer first",
    "phone": "the number on our website",
    "practitioner": "your acupuncturist",
    "practitioner_title": "acupuncture",
}
"""What to write where the clinic has not said it yet."""


def upgrade(document: Any) -> Any:
    """The document in the current version; what is no document, or of a later version, comes back as it is."""
    while isinstance(document, dict) and isinstance(document.get("blocks"), list):
        version = document.get("version")
        step = _STEPS.get(version) if isinstance(version, int) else None
        if step is None:
            break
        document = step(document)
    return document


def _second(document: dict[str, Any]) -> dict[str, Any]:
    taken: set[str] = set()
    blocks = []
    for number, block in enumerate(document["blocks"]):
        key = free_id(number, taken)
        taken.add(key)
        blocks.append({"id": key, **_renewed(block)} if isinstance(block, dict) else block)
    return {**document, "version": VERSION, "blocks": blocks}


def _renewed(block: dict[str, Any]) -> dict[str, Any]:
    renewed = {name: _with_fallbacks(value) if isinstance(value, str) else value for name, value in block.items()}
    if block.get("type") == "image" and "name" in block:
        renewed["picture"] = renewed.pop("name")
    if block.get("type") == "text" and isinstance(block.get("text"), str):
        renewed["text"] = markup.html(renewed["text"])
    return renewed


def _with_fallbacks(text: str) -> str:
    return fields.FIELD.sub(lambda match: _with_fallback(match[0], match["name"].strip(), match["fallback"]), text)


def _with_fallback(written: str, name: str, fallback: str | None) -> str:
    if (fallback or "").strip() or name not in FALLBACKS:
        return written
    return f"{{{{ {name}|{FALLBACKS[name]} }}}}"


_STEPS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: _second}
