"""What a provider tells about a mail of ours, and what follows from it, in one transaction.

Each kind of fact acts once, when it is first heard, so that neither order nor repetition matters. An event acts
only through a delivery of ours; an address alone means nothing. What suppression does to sequences is said
in `newsletter.receivers`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leads.consent import services as consent
from leads.intake import services as intake
from leads.intake.services import WrittenBack
from leads.models import Lead
from leads.people import addresses, holding
from newsletter.deliveries import addressees
from newsletter.deliveries.models import Delivery, Kind, Uncertain
from newsletter.deliveries.settling import reconcile
from newsletter.sequences import services as sequences
from newsletter.sequences.plan.document import Event, EventKind
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


@dataclass(frozen=True, slots=True)
class Reply:
    """Somebody's answer to one delivery. `heard_as` is the same whenever it is heard; `sender` says who wrote."""

    delivery_id: int
    heard_as: bytes
    text: str = ""
    sender: str = ""


@transaction.atomic
def hear_reply(reply: Reply, *, now: datetime) -> bool:
    """Take in one answer to a mail; False when that was heard, or the mail is none that a reader has.

    It ends or moves what waits for an answer, and its words go on the call list: a machine answers nobody.
    """
    delivery = Delivery.objects.filter(pk=reply.delivery_id).exclude(kind=Kind.TEST).first()
    found = Lead.objects.filter(pk=delivery.lead_id).first() if delivery is not None and delivery.lead_id else None
    lead = holding.hold(found) if found is not None else None
    if lead is None or not _is_known(lead):
        return False
    reconcile.evidence(reply.delivery_id, submitted=True, now=now, reason="somebody answered it")
    is_first = sequences.replied(reply.delivery_id, now=now)
    whose = "" if _is_theirs(lead, reply.sender) else _("(From another address than theirs.)") + "\n"
    is_new = intake.written_back(lead, WrittenBack(reply.delivery_id, reply.heard_as, whose + reply.text), now=now)
    if is_new and not is_first:
        sequences.reached(lead, Event(EventKind.REPLIED), now=now)
    return is_first or is_new


@transaction.atomic
def hear(heard: Heard, *, now: datetime) -> bool:
    """Take in one event; False when it is about no mail of ours, or says nothing new."""
    delivery = Delivery.objects.filter(pk=heard.delivery_id).first()
    if delivery is None:
        return False
    others = _who_has_it_anew(delivery, heard)
    lead = _locked(delivery, heard, others)
    label = "" if lead is not None and lead.erased_at is not None else heard.label
    reconcile.evidence(delivery.pk, submitted=True, now=now, reason=f"the provider says: {heard.meaning}")
    is_new = tracking.fact(delivery.pk, FactKind(heard.meaning.value), at=heard.at, label=label)
    if is_new and lead is not None and (_is_theirs(lead, heard.recipient) or _is_their_wish(lead, heard)):
        _act(lead, others, heard, now)
    return is_new


def settle_doubts(now: datetime) -> int:
    """Settle what was told of before anybody knew that there was a doubt: providers are quicker than leases end."""
    doubted = Uncertain.objects.values("delivery_id")
    told = set(Fact.objects.filter(delivery_id__in=doubted).values_list("delivery_id", flat=True))
    reason = "the provider had told of it"
    return sum(reconcile.evidence(one, submitted=True, now=now, reason=reason) for one in sorted(told))


def _who_has_it_anew(delivery: Delivery, heard: Heard) -> list[Lead]:
    """Who signed up anew with the address that a person's wish came from, or may have come from: it is theirs, too."""
    if heard.meaning not in WITHDRAWS:
        return []
    others = Lead.objects.filter(pk__in=addressees.anew(delivery.pk)).order_by("pk")
    return [other for other in others if _is_theirs(other, heard.recipient)]


def _locked(delivery: Delivery, heard: Heard, others: Sequence[Lead]) -> Lead | None:
    """Whom the mail was written to: locked, and then read, since they may have been erased while we waited."""
    found = Lead.objects.filter(pk=delivery.lead_id).first() if delivery.lead_id else None
    if found is not None:
        addresses.lock([found.address_hash, _named(heard), *(other.address_hash for other in others)])
        found = holding.hold(found)
        found.refresh_from_db()
    return found


def _is_known(lead: Lead) -> bool:
    """As they are now that we hold their address: they may have been erased while we waited."""
    lead.refresh_from_db()
    return lead.erased_at is None


def _act(lead: Lead, others: Sequence[Lead], heard: Heard, now: datetime) -> None:
    reason = STOPS_ALL_MAIL.get(heard.meaning)
    if reason is not None:
        cause = Cause(Scope.ALL, reason, delivery_id=heard.delivery_id)
        for address_hash in _meant(lead, others, heard):
            suppression.suppress(address_hash, cause=cause, now=now)
    how = WITHDRAWS.get(heard.meaning)
    if how is not None:
        consent.withdraw(lead, how=how, now=now, anew=[other.pk for other in others])


def _meant(lead: Lead, others: Sequence[Lead], heard: Heard) -> list[bytes]:
    """The addresses that all mail to stops; one that was merged away, and complains, gets none if it comes back."""
    named = _named(heard) if _is_their_wish(lead, heard) else None
    hashes = [lead.address_hash, *(other.address_hash for other in others), named]
    return sorted({bytes(one) for one in hashes if one is not None})


def _is_their_wish(lead: Lead, heard: Heard) -> bool:
    """Whether it is a person who says so, from an address that they had before they were merged with another."""
    if heard.meaning not in WITHDRAWS:
        return False
    return Lead.objects.filter(merged_into=lead, former_hash=_named(heard) or b"").exists()


def _named(heard: Heard) -> bytes | None:
    """The hash of the address that the provider names; None if it names none, or no address."""
    try:
        return addresses.digest(addresses.key(addresses.parse(heard.recipient)))
    except addresses.BadAddress:
        return None


def _is_theirs(lead: Lead, recipient: str) -> bool:
    """Whether the mail went to the address that the lead has now; providers that name nobody are believed."""
    if not recipient:
        return True
    try:
        return addresses.key(addresses.parse(recipient)) == lead.address_key
    except addresses.BadAddress:
        return False
