"""What a provider tells about a mail of ours, and what follows from it, in one transaction.

Each kind of fact acts once, when it is first heard, so that neither order nor repetition matters. An event acts
only through a delivery of ours; an address alone means nothing. What suppression does to sequences is said
in `newsletter.receivers`.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from leads.consent import services as consent
from leads.models import Lead
from leads.people import addresses, holding
from newsletter.deliveries.models import Delivery, Uncertain
from newsletter.deliveries.settling import reconcile
from newsletter.suppression import services as suppression
from newsletter.suppression.models import Scope, SuppressionReason
from newsletter.suppression.services import Cause
from newsletter.tracking import services as tracking
from newsletter.tracking.models import Fact, FactKind
from newsletter.webhooks.meaning import Meaning

STOPS_ALL_MAIL = {
    Meaning.BOUNCED: SuppressionReason.HARD_BOUNCE,
    Meaning.COMPLAINED: SuppressionReason.COMPLAINT,
}
WITHDRAWS = {Meaning.COMPLAINED: "complaint", Meaning.UNSUBSCRIBED: "provider"}


@dataclass(frozen=True, slots=True)
class Heard:
    """One event about one delivery. `recipient` is whom the provider names, if it does."""

    delivery_id: int
    meaning: Meaning
    at: datetime
    label: str = ""
    recipient: str = ""


@transaction.atomic
def hear(heard: Heard, *, now: datetime) -> bool:
    """Take in one event; False when it is about no mail of ours, or says nothing new."""
    delivery = Delivery.objects.filter(pk=heard.delivery_id).first()
    if delivery is None:
        return False
    lead = _locked(delivery)
    label = "" if lead is not None and lead.erased_at is not None else heard.label
    reconcile.evidence(delivery.pk, submitted=True, now=now, reason=f"the provider says: {heard.meaning}")
    is_new = tracking.fact(delivery.pk, FactKind(heard.meaning.value), at=heard.at, label=label)
    if is_new and lead is not None and (_is_theirs(lead, heard.recipient) or _is_their_wish(lead, heard)):
        _act(lead, heard, now)
    return is_new


def settle_doubts(now: datetime) -> int:
    """Settle what was told of before anybody knew that there was a doubt: providers are quicker than leases end."""
    doubted = Uncertain.objects.values("delivery_id")
    told = set(Fact.objects.filter(delivery_id__in=doubted).values_list("delivery_id", flat=True))
    reason = "the provider had told of it"
    return sum(reconcile.evidence(one, submitted=True, now=now, reason=reason) for one in sorted(told))


def _locked(delivery: Delivery) -> Lead | None:
    """Whom the mail was written to: locked, and then read, since they may have been erased while we waited."""
    found = Lead.objects.filter(pk=delivery.lead_id).first() if delivery.lead_id else None
    if found is not None:
        found = holding.hold(found)
        found.refresh_from_db()
    return found


def _act(lead: Lead, heard: Heard, now: datetime) -> None:
    reason = STOPS_ALL_MAIL.get(heard.meaning)
    if reason is not None and lead.address_hash is not None:
        cause = Cause(Scope.ALL, reason, delivery_id=heard.delivery_id)
        suppression.suppress(bytes(lead.address_hash), cause=cause, now=now)
    how = WITHDRAWS.get(heard.meaning)
    if how is not None:
        consent.withdraw(lead, how=how, now=now)


def _is_their_wish(lead: Lead, heard: Heard) -> bool:
    """Whether it is a person who says so, from an address that they had before they were merged with another."""
    if heard.meaning not in WITHDRAWS:
        return False
    try:
        address_hash = addresses.digest(addresses.key(addresses.parse(heard.recipient)))
    except addresses.BadAddress:
        return False
    return Lead.objects.filter(merged_into=lead, former_hash=address_hash).exists()


def _is_theirs(lead: Lead, recipient: str) -> bool:
    """Whether the mail went to the address that the lead has now; providers that name nobody are believed."""
    if not recipient:
        return True
    try:
        return addresses.key(addresses.parse(recipient)) == lead.address_key
    except addresses.BadAddress:
        return False
