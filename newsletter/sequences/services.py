"""Begin, leave, hold and hurry: what is done to a person's way through a sequence, and to a sequence.

`advance` (the engine, on the tick) is a module of its own. A leave happens in the transaction of its cause
and takes back what was planned but not handed over; it locks the lead's address first, as the gate does.
"""

from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from accounts import audit
from accounts.models import User
from leads.consent.services import UNDO_LIVES
from leads.models import Consent, Lead
from leads.people import addresses
from leads.people.models import LeadStatus
from newsletter.deliveries import guard
from newsletter.deliveries import services as deliveries
from newsletter.deliveries.models import Kind
from newsletter.sequences import queries, walk
from newsletter.sequences.advance import advance, carry_out, live_topic
from newsletter.sequences.almanac import Almanac
from newsletter.sequences.answers import decide_all
from newsletter.sequences.models import Enrolment, EnrolmentState, ExitReason, Sequence, SequenceState
from newsletter.sequences.schedule import next_moment, zone_of
from newsletter.sequences.walk import Due

__all__ = [
    "NotAllowed",
    "NotUnderWay",
    "advance",
    "bring_forward",
    "enrol",
    "leave",
    "pause",
    "resume",
    "stop_refused",
    "take_back",
    "take_out",
]

SPREAD_HOURS = 1
UNDER_WAY = (EnrolmentState.ACTIVE.value, EnrolmentState.PAUSED.value)


class NotUnderWay(Exception):
    """The person's way through the sequence has ended, or the sequence is paused."""


class NotAllowed(Exception):
    """Only staff may hurry a mail, except in the demo."""


@transaction.atomic
def enrol(lead: Lead, *, consent: Consent, now: datetime) -> Enrolment | None:
    """Begin the course, once per person. None for patients, for who declined the topic, and without a course.

    Who left by mistake and takes it back within minutes goes on where they were.
    """
    sequence = queries.course()
    if sequence is None or not _is_welcome(lead, sequence):
        return None
    almanac = Almanac()
    published = almanac.published(_version(sequence))
    due_at = walk.first_due(published, now=now, zone=zone_of(lead.time_zone, almanac.zone))
    enrolment, is_new = Enrolment.objects.get_or_create(
        sequence=sequence,
        lead=lead,
        defaults={
            "version_id": _version(sequence),
            "consent": consent,
            "due_at": due_at,
            "since": now,
            "enrolled_at": now,
        },
    )
    return enrolment if is_new or _take_up_again(enrolment, consent, now) else None


@transaction.atomic(savepoint=False)
def leave(lead: Lead, *, reason: ExitReason, now: datetime) -> int:
    """End this lead's ways through every sequence, and the mails planned for them; returns how many ended."""
    take_back(lead, reason=reason.value, now=now)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE newsletter_enrolment SET state = %s, exit_reason = %s, ended_at = %s"
            " WHERE lead_id = %s AND state = ANY(%s)",
            [EnrolmentState.EXITED.value, reason.value, now, lead.pk, list(UNDER_WAY)],
        )
        return cursor.rowcount


@transaction.atomic(savepoint=False)
def take_back(lead: Lead, *, reason: str, now: datetime) -> int:
    """End the mails that are planned for this lead's ways, but not the ways themselves; returns how many ended."""
    addresses.lock([lead.address_hash])
    mine = Enrolment.objects.select_for_update(no_key=True).filter(lead=lead).order_by("pk")
    ways = list(mine.values_list("pk", flat=True))
    return sum(deliveries.cancel(kind=Kind.STEP, owner=way, reason=reason, now=now) for way in ways)


@transaction.atomic
def take_out(lead: Lead, *, by: User, now: datetime) -> bool:
    """Staff end this person's course."""
    ended = leave(lead, reason=ExitReason.STAFF, now=now)
    if ended:
        audit.record("sequence.left", subject=f"lead:{lead.pk}", by=by)
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
    """Go on; what has become overdue is spread evenly over `hours`. How many that were; None if not paused."""
    if not _switch(sequence, SequenceState.PAUSED, SequenceState.LIVE):
        return None
    overdue = spread(sequence, now, hours)
    deliveries.resume(Kind.STEP, sequence.pk)
    guard.begin_anew(Kind.STEP, sequence.pk)
    audit.record("sequence.resumed", subject=f"sequence:{sequence.pk}", by=by, overdue=overdue)
    return overdue


@transaction.atomic
def bring_forward(enrolment: Enrolment, *, by: User | None, now: datetime) -> None:
    """Plan the next mail now, whatever the window says; raises NotUnderWay. Nobody's act is only the demo's."""
    if by is None and not settings.DEMO:
        raise NotAllowed
    topic = live_topic(enrolment.sequence_id)
    found = Enrolment.objects.select_for_update(no_key=True, of=["self"]).select_related("lead").get(pk=enrolment.pk)
    if topic is None or found.state != EnrolmentState.ACTIVE:
        raise NotUnderWay
    moves = decide_all([_due(found, now)], Almanac(), walk.hurry, now=now)
    carry_out(found.sequence_id, topic, moves, now=now)
    audit.record("sequence.brought_forward", subject=f"lead:{found.lead_id}", by=by, sequence=found.sequence_id)


def _is_welcome(lead: Lead, sequence: Sequence) -> bool:
    is_reachable = lead.erased_at is None and lead.status != LeadStatus.PATIENT
    return is_reachable and sequence.topic not in lead.declined_topics


def _version(sequence: Sequence) -> int:
    if sequence.published_id is None:
        raise ValueError(f"{sequence.key} has not been published.")
    return sequence.published_id


def _take_up_again(enrolment: Enrolment, consent: Consent, now: datetime) -> bool:
    """Whether this one had unsubscribed a moment ago; then it is as if they had not."""
    left_by_mistake = Enrolment.objects.filter(
        pk=enrolment.pk,
        state=EnrolmentState.EXITED,
        exit_reason=ExitReason.UNSUBSCRIBED,
        ended_at__gt=now - UNDO_LIVES,
    )
    taken_up = left_by_mistake.update(state=EnrolmentState.ACTIVE, exit_reason="", ended_at=None, consent=consent)
    return bool(taken_up)


def _switch(sequence: Sequence, old: SequenceState, new: SequenceState) -> bool:
    return bool(Sequence.objects.filter(pk=sequence.pk, state=old).update(state=new))


def spread(sequence: Sequence, now: datetime, hours: float) -> int:
    """Deal overdue steps out evenly, the longest waiting first, from the next open moment on.

    Rows that others hold are left out: somebody leaves, or goes on, at this moment.
    """
    almanac = Almanac()
    published = almanac.published(_version(sequence))
    start = next_moment(now, calendar=published.calendar, zone=almanac.zone)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH mine AS (
                SELECT id, due_at FROM newsletter_enrolment WHERE sequence_id = %s AND state = 'active' AND due_at <= %s
                ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
            ), overdue AS (
                SELECT id, (row_number() OVER (ORDER BY due_at, id) - 1)::float8 / count(*) OVER () AS share FROM mine
            )
            UPDATE newsletter_enrolment e SET due_at = %s::timestamptz + overdue.share * make_interval(secs => %s)
            FROM overdue WHERE e.id = overdue.id
            """,
            [sequence.pk, start, start, (published.calendar.hour * hours).total_seconds()],
        )
        return cursor.rowcount


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
    )
