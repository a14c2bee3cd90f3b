"""Revisions and recipients to render."""

from datetime import UTC, datetime
from typing import Any

from newsletter.content import marks
from newsletter.rendering.letter import Frozen, Recipient

MOMENT = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)
TOKEN = "AQIDBAUGBwgJCgsMDQ4PEA"
PAGE = "AQIDBAUGBwgJCgsMDQ4PFQ"
NAME_OF_IT = "m" * 22
NAME = marks.words("first_name", "there")
UNSUBSCRIBE, CLICK = marks.link("unsubscribe"), marks.link("click", 0)
SENDER = {
    "name": "Harbour Acupuncture",
    "address": "hello@news.harbour.example",
    "reply_to": "desk@harbour.example",
    "base_url": "https://clinic.example",
    "list_id": "newsletter.news.harbour.example",
    "stream": "newsletter",
    "is_automated": True,
    "postal_address": "12 Quay Street",
    "feedback_id": "v7:newsletter:news.harbour.example",
}


def frozen(**fields: Any) -> Frozen:
    parts = {
        "subject": "A quiet hour",
        "preheader": "",
        "html": f'<p>Hello {NAME}, <a href="{CLICK}">read</a> <a href="{UNSUBSCRIBE}">leave</a> 12 Quay Street</p>\n',
        "text": f"Hello {NAME},\nread: {CLICK}\nleave: {UNSUBSCRIBE}\n12 Quay Street\n",
        "sender": SENDER,
    }
    return Frozen(**{**parts, **fields})


def transactional(**fields: Any) -> Frozen:
    return frozen(sender={**SENDER, "list_id": ""}, **fields)


def recipient(**fields: Any) -> Recipient:
    who = {
        "delivery_id": 7,
        "token": TOKEN,
        "page": PAGE,
        "message_id": NAME_OF_IT,
        "address": "zoe@example.org",
        "sent_at": MOMENT,
        "first_name": "Zoe",
    }
    return Recipient(**{**who, **fields})
