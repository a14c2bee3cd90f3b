"""What a provider's event means to us. Pure.

Anymail gives every provider's events one vocabulary, but calls mailboxes that do not exist and mailboxes that
are full by the same name. Only the first kind may cost anybody their mail, so the difference is looked for in the
provider's own words and in the mail server's status code.
"""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason


class Meaning(StrEnum):
    DELIVERED = "delivered"
    BLOCKED = "blocked"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"


PLAIN = {
    EventType.DELIVERED: Meaning.DELIVERED,
    EventType.COMPLAINED: Meaning.COMPLAINED,
    EventType.UNSUBSCRIBED: Meaning.UNSUBSCRIBED,
}
NO_SUCH_MAILBOX = {None, RejectReason.BOUNCED, RejectReason.INVALID}
REFUSED_FOR = {
    RejectReason.BOUNCED: Meaning.BOUNCED,
    RejectReason.INVALID: Meaning.BOUNCED,
    RejectReason.SPAM: Meaning.COMPLAINED,
    RejectReason.UNSUBSCRIBED: Meaning.UNSUBSCRIBED,
}
SOFT_WORDS = {"softbounce", "soft_bounce", "soft_bounced", "soft bounce", "transient", "undetermined", "temporary"}
SOFT_BOUNCE_CLASSES = {"1", "20", "21", "22", "23", "24", "40", "70"}
SOFT_STATUS = re.compile(r"(?<![\d.])(4\.\d{1,3}\.\d{1,3}|5\.2\.2|5\.[37]\.\d{1,3})(?!\.?\d)")


def meaning(event: AnymailTrackingEvent) -> Meaning | None:
    """What the event says about one delivered mail; None for what we do not act on, opens and clicks among it."""
    if event.event_type in PLAIN:
        return PLAIN[event.event_type]
    if event.event_type == EventType.REJECTED:
        return REFUSED_FOR.get(event.reject_reason, Meaning.BLOCKED)
    if event.event_type != EventType.BOUNCED:
        return None
    is_hard = event.reject_reason in NO_SUCH_MAILBOX and not _is_soft(event)
    return Meaning.BOUNCED if is_hard else Meaning.BLOCKED


def _is_soft(event: AnymailTrackingEvent) -> bool:
    """Whether the mailbox exists, but would not or could not take the mail."""
    said = dict(_values(event.esp_event))
    described = (event.description or "").partition(":")[0].lower()
    return (
        described in SOFT_WORDS
        or any(isinstance(value, str) and value.lower() in SOFT_WORDS for value in said.values())
        or said.get("hard_bounce") is False
        or said.get("bounce_class") in SOFT_BOUNCE_CLASSES
        or bool(SOFT_STATUS.search(event.mta_response or ""))
    )


def _values(esp_event: object) -> Iterator[tuple[str, object]]:
    """Yield the event's own plain fields, however deep they lie."""
    if not isinstance(esp_event, Mapping):
        return
    for name, value in esp_event.items():
        yield from _values(value) if isinstance(value, Mapping) else [(str(name), value)]
