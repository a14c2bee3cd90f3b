"""What the newsletter does when leads announce a fact, and when an address is suppressed.

Every receiver runs in the transaction of its cause and only writes rows of this app: the exit from a sequence
is as durable as the opt-out that caused it, and no more. Leaving comes before suppressing wherever both happen,
so that the first cause names the exit.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings

from leads.consent import queries as consents
from leads.consent import services as consent_services
from leads.consent import tokens
from leads.consent.models import Purpose
from leads.merging.services import Unclear
from leads.models import Consent, ConsentRequest, Inquiry, Lead, Tag
from newsletter.campaigns import patients
from newsletter.campaigns import services as campaigns
from newsletter.content import queries as content
from newsletter.deliveries import anew, record
from newsletter.deliveries import merging as merged_mails
from newsletter.deliveries import services as deliveries
from newsletter.deliveries.admission.slots import Filled, Slotted
from newsletter.deliveries.models import Kind, Lane
from newsletter.deliveries.services import Planned, Row
from newsletter.sequences import belonging, merging, notices
from newsletter.sequences import services as sequences
from newsletter.sequences.models import ExitReason
from newsletter.sequences.occasions import About, occasion_of
from newsletter.sequences.plan.document import Event, EventKind, TriggerKind
from newsletter.suppression import queries as suppressions
from newsletter.suppression import services as suppression
from newsletter.suppression.models import Scope, SuppressionReason
from newsletter.suppression.services import Cause
from newsletter.tracking import services as tracking
from newsletter.tracking.models import FactKind

EXITS = {
    SuppressionReason.UNSUBSCRIBED: ExitReason.UNSUBSCRIBED,
    SuppressionReason.HARD_BOUNCE: ExitReason.BOUNCED,
    SuppressionReason.COMPLAINT: ExitReason.COMPLAINED,
    SuppressionReason.ERASED: ExitReason.ERASED,
    SuppressionReason.STAFF: ExitReason.STAFF,
}
PERSONAL = {SuppressionReason.COMPLAINT, SuppressionReason.STAFF}
"""What is said about a person, whichever of their addresses it was said about."""
FACTS = {
    SuppressionReason.HARD_BOUNCE: FactKind.BOUNCED,
    SuppressionReason.COMPLAINT: FactKind.COMPLAINED,
}


def ask_to_confirm(sender: type, *, request: ConsentRequest, now: datetime, **_: object) -> None:
    """Plan the mail that asks the address's owner; its link is minted when it is handed over."""
    planned = Planned(Kind.CONFIRMATION, request.pk, Lane.TRANSACTIONAL, expires_at=request.expires_at)
    _plan_one(planned, "confirmation", request.lead_id, now)


def answer_inquiry(sender: type, *, inquiry: Inquiry, now: datetime, **_: object) -> None:
    """Plan the mail that says that a person will answer."""
    _plan_one(Planned(Kind.INQUIRY, inquiry.pk, Lane.TRANSACTIONAL), "inquiry-answer", inquiry.lead_id, now)


def welcome(sender: type, *, consent: Consent, now: datetime, **_: object) -> None:
    """Consent to marketing takes back an earlier opt-out, though never a bounce, and begins the course."""
    lead = consent.lead
    if consent.purpose != Purpose.MARKETING or lead.address_hash is None:
        return
    suppression.lift_marketing(bytes(lead.address_hash), why=f"consent {consent.pk}", now=now)
    sequences.enrol(lead, consent=consent, now=now)


def asked(sender: type, *, inquiry: Inquiry, now: datetime, **_: object) -> None:
    """A question is an answer to whatever was mailed, and may begin something."""
    sequences.reached(inquiry.lead, Event(EventKind.REPLIED), now=now)
    question = occasion_of(About.QUESTION, inquiry.pk)
    sequences.happened(TriggerKind.QUESTION, [inquiry.lead_id], now=now, occasion=question)


def tagged(sender: type, *, tag: Tag, lead_ids: Sequence[int], now: datetime, **_: object) -> None:
    """A tag ends the ways whose goal it is, and may begin something."""
    sequences.reached_by_many(lead_ids, Event(EventKind.TAG, tag.name), now=now)
    sequences.happened(TriggerKind.TAG, lead_ids, now=now, value=tag.name)


def let_go(sender: type, *, lead: Lead, delivery_id: int | None, now: datetime, **_: object) -> None:
    """End marketing in the transaction of the withdrawal; the mail behind it, if any, keeps the fact."""
    cause = Cause(Scope.MARKETING, SuppressionReason.UNSUBSCRIBED, delivery_id=delivery_id, lead=lead)
    if lead.address_hash is None or not suppression.suppress(bytes(lead.address_hash), cause=cause, now=now):
        sequences.leave(lead, reason=ExitReason.UNSUBSCRIBED, now=now)  # else `stop_suppressed` saw to it
    if delivery_id is not None:
        tracking.fact(delivery_id, FactKind.UNSUBSCRIBED, at=now)


def choose(
    sender: type, *, lead: Lead, declined: Sequence[str], wanted: Sequence[str], now: datetime, **_: object
) -> None:
    """What is about a topic that is not wanted any more ends before its next mail; what was just ended so goes on."""
    sequences.decline(lead, declined, now=now)
    if wanted:
        sequences.want_again(lead, now=now)


def leave_out(sender: type, *, lead: Lead, now: datetime, **_: object) -> None:
    """Take back what invites a patient. The course ends with its next mail: a wrong press is undone till then."""
    sequences.take_back(lead, reason=patients.REASON, now=now)
    patients.leave_out(lead, now=now)


def forget(sender: type, *, lead: Lead, address_hash: bytes, now: datetime, **_: object) -> None:
    """Keep the hash of an erased address from ever being mailed again, end what was under way, drop what was said."""
    suppression.suppress(bytes(address_hash), cause=Cause(Scope.ALL, SuppressionReason.ERASED), now=now)
    sequences.leave(lead, reason=ExitReason.ERASED, now=now)
    belonging.forget(lead.pk)
    notices.forget(lead)
    record.forget(lead.pk)
    tracking.forget(lead.pk)


def hold_to_merge(sender: type, *, kept: Lead, gone: Lead, **_: object) -> None:
    """Nobody moves their ways from now on: what merging takes away it takes in the order in which everybody does.

    Raises Unclear where one mail may be leaving for the one at this moment and is to go to the other as well.
    """
    merging.hold(kept, gone)
    if merging.is_unclear(kept, gone):
        raise Unclear


def merge(sender: type, *, kept: Lead, gone: Lead, address_hash: bytes, now: datetime, **_: object) -> None:
    """One of two who are one person goes: nothing is mailed to them any more, and what was is the kept one's history.

    What stopped mail to the other address stops it to the kept one: a complaint and staff's word in any case, an
    opt-out unless the kept one agreed later. That an address does not exist says nothing about another.
    """
    for stop in suppressions.active(address_hash):
        if stop.reason in PERSONAL:
            cause = Cause(Scope(stop.scope), SuppressionReason(stop.reason), delivery_id=stop.delivery_id, by=stop.by)
            suppression.suppress(bytes(kept.address_hash or b""), cause=cause, now=now)
        elif stop.reason == SuppressionReason.UNSUBSCRIBED and not consents.agreed_after(kept, stop.at, now):
            consent_services.withdraw(kept, how=ExitReason.MERGED, now=now)
    merging.merge(kept, gone, now=now)
    sequences.decline(kept, kept.declined_topics, now=now)
    deliveries.cancel_all_of(gone.pk, reason=merging.MERGED, now=now)
    for asked in kept.inquiries.values_list("pk", flat=True):
        answer_again(asked, now)
    merged_mails.hand_over(gone.pk, kept.pk, reason=merging.MERGED, now=now)
    tracking.hand_over(gone.pk, kept.pk)


def answer_again(inquiry_id: int, now: datetime) -> None:
    """Plan once more what was to go to an address that was merged; the caller holds whose question it is by now."""
    lead_id = Inquiry.objects.values_list("lead", flat=True).get(pk=inquiry_id)
    for freed in anew.cancelled(Kind.INQUIRY, [inquiry_id], reasons=[merging.MERGED]):
        _plan_one(Planned(Kind.INQUIRY, freed.owner, Lane.TRANSACTIONAL), "inquiry-answer", lead_id, now)


def stop_suppressed(address_hash: bytes, cause: Cause, now: datetime) -> None:
    """End the course of whoever was suppressed, however that came about: a bounce while sending, say."""
    lead = cause.lead or Lead.objects.filter(address_hash=address_hash).first()
    if lead is not None:
        sequences.leave(lead, reason=EXITS[cause.reason], now=now)
    if cause.delivery_id is not None and cause.reason in FACTS:
        tracking.fact(cause.delivery_id, FACTS[cause.reason], at=now)


def stop_refused(kind: Kind, owner_id: int, now: datetime) -> bool:
    """Pause whatever the other side does not want from us; whether there was something to pause."""
    if kind == Kind.CAMPAIGN:
        return campaigns.stop_refused(owner_id)
    return kind == Kind.STEP and sequences.stop_refused(owner_id)


def confirmation_links(rows: Sequence[Slotted], now: datetime) -> Mapping[int, Filled]:
    """The links that confirm. Minted inside the hand-over: only the mail ever has them in clear."""
    return {row.id: Filled({"confirm_url": _confirm_url(row.owner, now)}) for row in rows}


def _confirm_url(request_id: int, now: datetime) -> str:
    return f"{settings.PUBLIC_URL}/confirm/{tokens.mint(request_id, now=now)}"


def _plan_one(planned: Planned, key: str, lead_id: int, now: datetime) -> None:
    row = Row(planned.owner_id, 0, content.transactional(key).pk, lead_id=lead_id)
    deliveries.plan(planned, [row], due_at=now, now=now)
