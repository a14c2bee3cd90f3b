"""Who holds a link: the delivery that its token was made for, and the lead it was written to."""

from dataclasses import dataclass

from django.db import connection

from leads.people.models import Lead
from newsletter import tokens
from newsletter.deliveries.models import Kind


@dataclass(frozen=True)
class Recipient:
    """`lead` is None for test mails, mails to staff and erased people: their links change nothing."""

    delivery_id: int
    lead: Lead | None
    is_test: bool


def of(token: str) -> Recipient | None:
    """The recipient of the mail with this token; None for a token of nobody's."""
    delivery_id = tokens.read(token)
    named = _named(delivery_id) if delivery_id is not None else None
    if delivery_id is None or named is None:
        return None
    kind, lead_id = named
    if kind == Kind.TEST or lead_id is None:
        return Recipient(delivery_id, lead=None, is_test=True)
    lead = Lead.objects.filter(pk=lead_id, erased_at=None).first()
    return Recipient(delivery_id, lead, is_test=False)


def _named(delivery_id: int) -> tuple[int, int | None] | None:
    """What kind of mail it was, and to which lead."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, lead_id FROM newsletter_delivery WHERE id = %s", [delivery_id])
        return cursor.fetchone()
