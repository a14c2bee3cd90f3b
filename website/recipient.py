"""Who holds a link: the delivery that its token was made for, and the lead it was written to."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from leads.people.models import Lead
from newsletter import tokens
from newsletter.deliveries import addressees, prepared
from newsletter.deliveries.models import Kind

KNOWN = ("id", "email", "address_hash", "time_zone", "status", "paused_until", "declined_topics", "erased_at")
"""What the pages behind links read of a lead, in the model's order; whatever else one asks for is fetched then."""

HELD = f"""
    SELECT d.kind = {Kind.TEST:d} OR d.lead_id IS NULL, clock_timestamp(), {addressees.ANEW},
           {", ".join(f"l.{name}" for name in KNOWN)}
    FROM newsletter_delivery d
    LEFT JOIN leads_lead l ON l.id = d.lead_id AND l.erased_at IS NULL AND d.kind <> {Kind.TEST:d}
    WHERE d.id = %(delivery)s::bigint
"""  # noqa: S608
"""One question for all of it: a mail program that takes somebody off waits for the answer."""


@dataclass(frozen=True)
class Recipient:
    """`lead` is None for test mails, mails to staff and erased people: their links change nothing.

    `anew` are the numbers of whoever has an address now under which it may have been written to them before a merging.
    `asked_at` is the database's clock when it was asked.
    """

    delivery_id: int
    lead: Lead | None
    is_test: bool
    asked_at: datetime
    anew: tuple[int, ...] = ()


def of(token: str) -> Recipient | None:
    """The recipient of the mail with this token; None for a token of nobody's."""
    delivery_id = tokens.read(token)
    found = prepared.rows(HELD, {"delivery": delivery_id}) if delivery_id is not None else []
    if delivery_id is None or not found:
        return None
    ((is_test, asked_at, anew, *values),) = found
    lead = Lead.from_db(connection.alias, KNOWN, values) if values[0] is not None else None
    return Recipient(delivery_id, lead, is_test, asked_at, tuple(anew) if lead is not None else ())
