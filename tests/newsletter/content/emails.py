"""Emails to compile, without a database."""

from typing import Any

from clinic.models import Clinic
from newsletter.content import letterhead, markup
from newsletter.content.compile import Compiled, compile_email
from newsletter.content.compose import Draft

HEADING = {"type": "heading", "text": "A quiet hour"}
BUTTON = {"type": "button", "label": "Ask a question", "target": "ask"}
RED_FLAGS = {"type": "red_flags"}


def harbour(**fields: Any) -> Clinic:
    """A clinic with every field that an email shows; never saved."""
    shown = {
        "name": "Harbour Acupuncture",
        "practitioner": "Dana Reyes",
        "postal_address": "12 Quay Street\nPort Ellis",
        "phone": "+1 416 555 0134",
        "email": "desk@harbour.example",
        "sender_name": "Harbour Acupuncture",
        "sender_email": "hello@news.harbour.example",
        "booking_url": "https://booking.harbour.example/visits",
        "first_visit_price": "CAD 120 for an hour",
        "insurance_note": "Many extended plans pay a part",
    }
    return Clinic(**{**shown, **fields})


def text(words: str) -> dict[str, str]:
    """A text block, written with the marks of `markup`."""
    return {"type": "text", "text": markup.html(words)}


def rich(html: str) -> dict[str, str]:
    return {"type": "text", "text": html}


def document(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"version": 2, "blocks": list(blocks)}


def draft(*blocks: dict[str, Any], **fields: Any) -> Draft:
    written = {"kind": "campaign", "topic": "newsletter", "subject": "A quiet hour", "preheader": "For you."}
    return Draft(**{"body": document(*blocks), **written, **fields})


def compiled(*blocks: dict[str, Any], profile: Clinic | None = None, **fields: Any) -> Compiled:
    return compile_email(draft(*blocks, **fields), letterhead.of(profile or harbour()))
