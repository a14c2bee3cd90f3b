"""From anymail's inbound signal to one service call: whether a person wrote, which mail of ours they answer, and what.

An answer names what it answers by our Message-ID, which nobody can make up. Providers that send under an id of their
own have told us that id when they took the mail: then the mail is looked for among those of whoever writes. What
answers none of our mails, and what no person wrote, is kept nowhere: the log counts it, without a name.
"""

import hashlib
import logging
import re
from collections.abc import Iterator, Sequence
from email.utils import parseaddr

from anymail.inbound import AnymailInboundMessage
from anymail.signals import AnymailInboundEvent, EventType
from django.conf import settings

from clinic.clock import database_now
from leads.people import queries as people
from newsletter import tokens
from newsletter.webhooks import queries, services, wording
from newsletter.webhooks.automatic import Headers, is_automatic
from newsletter.webhooks.services import Reply

logger = logging.getLogger(__name__)

IDS = re.compile(r"<([!-;=?-~]{1,250})>")
"""Printable ASCII, as every name is that we or a provider gave a mail; others the database could not be asked for."""
MOST_IDS = 50
UNREADABLE = (LookupError, ValueError, TypeError, AttributeError, AssertionError)
"""What the reading of a mail that a stranger has made may trip over."""


def receive(sender: object, *, event: AnymailInboundEvent, **_: object) -> None:
    """Anymail has authenticated the provider and read one mail; an error here makes the provider try again."""
    if event.event_type != EventType.INBOUND or event.message is None:
        return
    now, headers = database_now(), _headers(event.message)
    if is_automatic(
        headers, envelope_sender=event.message.envelope_sender, content_type=event.message.get_content_type()
    ):
        logger.info("A machine's answer came in: not kept")
        return
    delivery_id = _answered(headers)
    if delivery_id is None:
        logger.info("A mail came in that answers none of ours: not kept")
        return
    services.hear_reply(_read(event.message, headers, delivery_id), now=now)


def _headers(message: AnymailInboundMessage) -> Headers:
    """As they stand in the mail: reading them further could fail, and nobody here needs it."""
    found: dict[str, list[str]] = {}
    for name, value in message.raw_items():
        found.setdefault(name.lower(), []).append(" ".join(str(value).split()))
    return found


def _answered(headers: Headers) -> int | None:
    """The delivery that a mail says it answers: by our name for it, else by the provider's."""
    named = list(_named(headers))
    ours = (tokens.read_name(one.partition("@")[0]) for one in named)
    return next((one for one in ours if one is not None), None) or _as_the_provider_calls_it(headers, named)


def _named(headers: Headers) -> Iterator[str]:
    """The ids that it names, the nearest first: what it answers, then the conversation backwards."""
    yield from IDS.findall(" ".join(headers.get("in-reply-to", ())))[:MOST_IDS]
    yield from IDS.findall(" ".join(headers.get("references", ())))[::-1][:MOST_IDS]


def _as_the_provider_calls_it(headers: Headers, named: Sequence[str]) -> int | None:
    lead = people.by_address(_sender(headers))
    if lead is None or not named:
        return None
    return queries.known_as(lead.pk, [form for one in named for form in (one, f"<{one}>", one.partition("@")[0])])


def _sender(headers: Headers) -> str:
    return parseaddr(next(iter(headers.get("from", ())), ""))[1]


def _read(message: AnymailInboundMessage, headers: Headers, delivery_id: int) -> Reply:
    text = _text(message)
    named = next(iter(headers.get("message-id", ())), "") or f"{headers.get('date', ())} {text}"
    heard_as = hashlib.blake2b(
        f"{delivery_id} {named}".encode(errors="replace"),
        key=settings.ADDRESS_PEPPER[:64],
        digest_size=16,
        person=b"reply",
    ).digest()
    return Reply(delivery_id, heard_as, wording.own_words(text, site=settings.PUBLIC_URL), _sender(headers))


def _text(message: AnymailInboundMessage) -> str:
    """The words of a mail; none where they cannot be read, for that somebody wrote counts all the same."""
    try:
        return message.stripped_text or message.text or wording.from_html(message.html or "")
    except UNREADABLE:
        return ""
