"""From anymail's signal to one service call: which delivery it is, what is meant, and when.

A delivery is found by what we gave the provider with the mail: its number as metadata, or the name in the
Message-ID. Who may call here has the webhooks' secret; the number alone would prove nothing.
"""

import re
from datetime import datetime

from anymail.signals import AnymailTrackingEvent

from clinic.clock import database_now
from leads.people import addresses
from newsletter import tokens
from newsletter.webhooks import services
from newsletter.webhooks.meaning import meaning
from newsletter.webhooks.services import Heard

METADATA_KEY = "delivery"
NUMBER = re.compile(r"[0-9]{1,18}")
LONGEST_LABEL = 200


def receive(sender: object, *, event: AnymailTrackingEvent, **_: object) -> None:
    """Anymail has authenticated the provider and read one event; an error here makes the provider try again."""
    now = database_now()
    heard = _heard(event, now)
    if heard is not None:
        services.hear(heard, now=now)


def _heard(event: AnymailTrackingEvent, now: datetime) -> Heard | None:
    meant, delivery_id = meaning(event), _delivery_id(event)
    if meant is None or delivery_id is None:
        return None
    label = addresses.masked_in((event.description or event.mta_response or "").replace("\x00", ""))[:LONGEST_LABEL]
    return Heard(delivery_id, meant, _moment(event, now), label, event.recipient or "")


def _delivery_id(event: AnymailTrackingEvent) -> int | None:
    number = str((event.metadata or {}).get(METADATA_KEY, ""))
    if NUMBER.fullmatch(number):
        return int(number)
    token = (event.message_id or "").strip().strip("<>").partition("@")[0]
    return tokens.read_name(token)


def _moment(event: AnymailTrackingEvent, now: datetime) -> datetime:
    """Return when it happened, by the provider's clock as long as that is not ahead of ours."""
    at = event.timestamp
    return now if at is None or at.tzinfo is None else min(at, now)
