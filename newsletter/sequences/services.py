"""Leave, hold and hurry: what is done to a person's way through a sequence, and to a sequence.

What begins a way is in `triggers`, what a goal ends in `goals`; who stands above asks for either here.

`advance` (the engine, on the tick) is a module of its own. A leave happens in the transaction of its cause
and takes back what was planned but not handed over; it locks the lead's address first, as the gate does.
"""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from accounts import audit
from accounts.models import User
from leads.models import Lead
from leads.people import addresses, holding
from newsletter.deliveries import guard
from newsletter.deliveries import services as deliveries
from newsletter.deliveries.models import Kind
from newsletter.sequences import ending, returning, walk
from newsletter.sequences.advance import advance, carry_out, live_topic
from newsletter.sequences.almanac import Almanac
from newsletter.sequences.answers import decide_all
from newsletter.sequences.ending import STEP_EXPIRES, call_off
from newsletter.sequences.goals import end_reached, reached, reached_by_many, replied
from newsletter.sequences.models import Enrolment, EnrolmentState, ExitReason, Sequence, SequenceState
from newsletter.sequences.resuming import spread
from newsletter.sequences.taking_up import decline, want_again
from newsletter.sequences.triggers import NotPublished, begin_by_hand, begin_with_segment, enrol, happened
from newsletter.sequences.walk import Due

__all__ = [
    "NotAllowed",
    "NotPublished",
    "NotUnderWay",
    "advance",
    "begin_by_hand",
    "begin_with_segment",
    "bring_forward",
    "call_off",
    "decline",
    "end_reached",
    "enrol",
    "happened",
    "leave",
    "pause",
    "reached",
    "reached_by_many",
    "replied",
    "resume",
    "spread",
    "stop_refused",
    "take_back",
    "take_out",
    "want_again",
]

SPREAD_HOURS = 1


class NotUnderWay(Exception):
    """The person's way through the sequence has ended, or the sequence is paused."""


class NotAllowed(Exception):
    """Only staff may hurry a mail, except in the demo."""


@transaction.atomic(savepoint=False)
def leave(lead: Lead, *, reason: ExitReason, now: datetime) -> int:
    """End this lead's ways through every sequence, and the mails planned for them; returns how many ended."""
    addresses.lock([lead.address_hash])
    return ending.end(ending.of_lead(lead.pk), reason=reason, now=now)


@transaction.atomic(savepoint=False)
def take_back(lead: Lead, *, reason: str, now: datetime) -> int:
    """End the mails that are planned for this lead's ways, but not the ways themselves; returns how many ended.

    The ways are put back before them: if it was a wrong press, the mail comes with their next moment.
    """
    addresses.lock([lead.address_hash])
    ways = ending.of_lead(lead.pk)
    ended = ending.take_back(ways, reason=reason, now=now)
    returning.put_back(ways, reason=reason, now=now)
    return ended


@transaction.atomic
def take_out(lead: Lead, *, by: User, reason: str, now: datetime) -> bool:
    """Staff end all of this person's ways, and say why."""
    lead = holding.hold(lead)
    ended = leave(lead, reason=ExitReason.STAFF, now=now)
    if ended:
        audit.record("sequence.left", subject=f"lead:{lead.pk}", by=by, reason=" ".join(reason.split()))
    return bool(ended)


@transaction.atomic
def pause(sequence: Sequence, *, by: User, now: datetime) -> bool:
    """Hold everybody where they are, and what is planned but not handed over with them."""
    if not _switch(sequence, SequenceState.LIVE, SequenceState.PAUSED):
        return False
    deliveries.pause(Kind.STEP, sequence.pk)
    audit.record("sequence.paused", subject=f"sequence:{sequence.pk}", by=by)
    return True


@transaction.atomic
def stop_refused(sequence_id: int) -> bool:
    """Nobody's act but the guard's: hold everybody, because too many of its mails were refused by policy."""
    sequence = Sequence.objects.filter(pk=sequence_id).first()
    if sequence is None or not _switch(sequence, SequenceState.LIVE, SequenceState.PAUSED):
        return False
    deliveries.pause(Kind.STEP, sequence_id)
    audit.record("sequence.stopped", subject=f"sequence:{sequence_id}", by=None)
    return True


@transaction.atomic
def resume(sequence: Sequence, *, by: User, now: datetime, hours: float = SPREAD_HOURS) -> int | None:
    """Go on; what has become overdue is spread evenly over `hours`. How many that were; None if not paused.

    What was planned before the pause leaves first, however long it was: nobody misses a mail by it.
    """
    if not _switch(sequence, SequenceState.PAUSED, SequenceState.LIVE):
        return None
    overdue = spread(sequence, now, hours)
    deliveries.resume(Kind.STEP, sequence.pk, useful_until=now + STEP_EXPIRES)
    guard.begin_anew(Kind.STEP, sequence.pk)
    audit.record("sequence.resumed", subject=f"sequence:{sequence.pk}", by=by, overdue=overdue)
    return overdue


@transaction.atomic
def bring_forward(enrolment: Enrolment, *, by: User | None, now: datetime) -> None:
    """Plan the next mail now, whatever the window says; raises NotUnderWay. Nobody's act is only the demo's."""
    if by is None and not settings.DEMO:
        raise NotAllowed
    addresses.lock([enrolment.lead.address_hash])
    ending.hold_all([enrolment.lead_id], now)
    topic = live_topic(enrolment.sequence_id)
    found = Enrolment.objects.select_for_update(no_key=True, of=["self"]).select_related("lead").get(pk=enrolment.pk)
    if topic is None or found.state != EnrolmentState.ACTIVE:
        raise NotUnderWay
    moves = decide_all([_due(found, now)], Almanac(), walk.hurry, now=now)
    carry_out(found.sequence_id, topic, moves, now=now)
    audit.record("sequence.brought_forward", subject=f"lead:{found.lead_id}", by=by, sequence=found.sequence_id)


def _switch(sequence: Sequence, old: SequenceState, new: SequenceState) -> bool:
    return bool(Sequence.objects.filter(pk=sequence.pk, state=old).update(state=new))


def _due(enrolment: Enrolment, now: datetime) -> Due:
    return Due(
        enrolment.pk,
        enrolment.version_id,
        enrolment.next_position,
        enrolment.due_at or now,
        enrolment.since or enrolment.due_at or now,
        enrolment.lead_id,
        enrolment.lead.time_zone,
        paused_until=None,
        is_patient=False,
        occasion=enrolment.occasion,
    )
