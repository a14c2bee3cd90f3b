"""Who holds a link: the delivery that its token was made for, and the lead it was written to."""

from dataclasses import dataclass

from leads.people.models import Lead
from newsletter import tokens
from newsletter.deliveries.models import Delivery, Kind


@dataclass(frozen=True)
class Recipient:
    """`lead` is None for test mails, mails to staff and erased people: their links change nothing."""

    delivery_id: int
    lead: Lead | None
    is_test: bool


def of(token: str) -> Recipient | None:
    """The recipient of the mail with this token; None for a token of nobody's."""
    delivery_id = tokens.read(token)
    delivery = Delivery.objects.filter(pk=delivery_id).first() if delivery_id is not None else None
    if delivery is None:
        return None
    if delivery.kind == Kind.TEST or delivery.lead_id is None:
        return Recipient(delivery.pk, lead=None, is_test=True)
    lead = Lead.objects.filter(pk=delivery.lead_id, erased_at=None).first()
    return Recipient(delivery.pk, lead, is_test=False)
