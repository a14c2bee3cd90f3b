"""Ask a provider's own records whether it took a mail. Only an answer that cannot be read otherwise counts.

Postmark: GET /messages/outbound, by recipient and stream; each message shows the metadata that it was sent with.
A page that is not all there is, or messages that do not show their metadata, say nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urljoin

import requests
from django.conf import settings
from django.core.mail import mailers
from django.utils.module_loading import import_string

from newsletter.deliveries.transport import providers

PAGE = 500
DEFAULT_STREAM = "outbound"
LIMITS = (5, 15)  # seconds to connect, and to read
MARGIN = timedelta(days=2)  # days are counted in the provider's time zone


class Finding(StrEnum):
    TAKEN = "taken"
    NOT_TAKEN = "not taken"
    NOTHING_SAID = "nothing said"


@dataclass(frozen=True, slots=True)
class Question:
    """Whether the mail of this delivery was taken; `since` is when its call left."""

    delivery_id: int
    recipient: str
    since: datetime


def can_answer(alias: str) -> bool:
    """Whether the provider behind this mailer has records that we can search."""
    return providers.of_kind(import_string(settings.MAILERS[alias]["BACKEND"])).looks_up


def ask(alias: str, question: Question) -> tuple[Finding, str]:
    """What the records say, and the provider's name for the mail if they have it."""
    mailer: Any = mailers[alias]
    mailer.open()
    try:
        return _read(_search(mailer, question), question)
    except (requests.RequestException, ValueError, KeyError, TypeError, AttributeError):
        return Finding.NOTHING_SAID, ""
    finally:
        mailer.close()


def _search(mailer: Any, question: Question) -> requests.Response:
    extra = mailer.send_defaults.get("esp_extra", {})
    asked: dict[str, str | int] = {
        "count": PAGE,
        "offset": 0,
        "recipient": question.recipient,
        "fromdate": (question.since - MARGIN).date().isoformat(),
        "messagestream": extra.get("MessageStream") or mailer.message_stream or DEFAULT_STREAM,
    }
    headers = {"Accept": "application/json", "X-Postmark-Server-Token": mailer.server_token}
    url = urljoin(mailer.api_url, "messages/outbound")
    response: requests.Response = mailer.session.get(url, params=asked, headers=headers, timeout=LIMITS)
    return response


def _read(response: requests.Response, question: Question) -> tuple[Finding, str]:
    response.raise_for_status()
    reply = response.json()
    messages, wanted = reply["Messages"], str(question.delivery_id)
    for message in messages:
        if message["Metadata"].get("delivery") == wanted:
            return Finding.TAKEN, str(message["MessageID"])
    return (Finding.NOT_TAKEN if reply["TotalCount"] == len(messages) else Finding.NOTHING_SAID), ""
