"""What somebody left by mistake and takes back within minutes: they go on where they were, as if they had not left.

That holds for an opt-out that is undone and for a topic that is wanted again. A mail that was taken back with the way
comes after all. Whoever staff had held stays held: who held a way, and who let it go on, is in the audit trail, for a
way that has ended does not say what it was before.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts import audit
from accounts.models import AuditEvent, User
from leads.consent import queries as consents
from leads.consent.services import UNDO_LIVES
from leads.models import Consent, Lead
from leads.people import addresses
from leads.people import queries as people
from newsletter.sequences import ending, entering, goals, returning
from newsletter.sequences.models import Enrolment, EnrolmentState, ExitReason

HELD = "way.paused"
LET_GO_ON = "way.resumed"
BY_MISTAKE = (ExitReason.UNSUBSCRIBED, ExitReason.DECLINED)


@transaction.atomic(savepoint=False)
def decline(lead: Lead, topics: Collection[str], *, now: datetime) -> int:
    """These topics are not wanted any more: the ways that are about them end, before their next mail; how many."""
    addresses.lock([lead.address_hash])
    ways = Enrolment.objects.filter(lead=lead, sequence__topic__in=topics)
    return ending.end(ending.hold(ways.values_list("pk", flat=True)), reason=ExitReason.DECLINED, now=now)


@transaction.atomic(savepoint=False)
def want_again(lead: Lead, *, now: datetime) -> list[int]:
    """A topic is wanted again: the sequences that go on, if that was a moment ago and they agree to be mailed."""
    addresses.lock([lead.address_hash])
    consent = consents.live_marketing_consent(lead, now)
    return take_up(lead, consent=consent, now=now) if consent else []


def take_up(lead: Lead, *, consent: Consent, now: datetime) -> list[int]:
    """Let the ways go on that were left by mistake, if they may be mailed by them now; of which sequences they are."""
    left = Enrolment.objects.filter(lead=lead, exit_reason__in=BY_MISTAKE, ended_at__gt=now - UNDO_LIVES)
    held = ending.hold(left.values_list("pk", flat=True))
    found = list(Enrolment.objects.filter(pk__in=held).select_related("sequence__published", "lead").order_by("pk"))
    wanted = [way for way in found if entering.may_be_mailed(way.sequence, [lead.pk], now=now)]
    for way in wanted:
        _go_on(way, consent, now)
    for reason in BY_MISTAKE:
        returning.put_back([way.pk for way in wanted], reason=reason.value, now=now, due_at=now)
    goals.end_reached(lead, now=now, among=[way.pk for way in wanted])
    return [way.sequence_id for way in wanted]


def record(act: str, way: Enrolment, *, by: User | None, **facts: object) -> None:
    """Write down what was done to this one's way."""
    audit.record(act, subject=f"lead:{way.lead_id}", by=by, sequence=way.sequence_id, way=way.pk, **facts)


def was_held(way: Enrolment) -> bool:
    """Whether staff held this way, under whichever address, and have not let it go on since."""
    said = _about([way.lead_id, *people.formers(way.lead)]).filter(act__in=[HELD, LET_GO_ON], detail__way=way.pk)
    return said.order_by("-pk").values_list("act", flat=True).first() == HELD


def _about(leads: Sequence[int]) -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(subject__in=[f"lead:{lead}" for lead in leads])


def _go_on(way: Enrolment, consent: Consent, now: datetime) -> None:
    """Who had nothing to come but a last mail is put back before it, as whoever finished."""
    way.exit_reason, way.ended_at, way.consent = "", None, consent
    if way.state == EnrolmentState.EXITED:
        way.state = _state(way)
        way.ended_at = now if way.state == EnrolmentState.FINISHED else None
    way.save(update_fields=["state", "exit_reason", "ended_at", "consent"])


def _state(way: Enrolment) -> EnrolmentState:
    if was_held(way):
        return EnrolmentState.PAUSED
    return EnrolmentState.FINISHED if way.due_at is None else EnrolmentState.ACTIVE
