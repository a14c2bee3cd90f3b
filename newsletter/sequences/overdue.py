"""People in live sequences whose next mail is overdue: counted, dealt out again, or put before the step after it.

Nothing is overdue for who paused their mail, or has become a patient: the engine would not have mailed them either.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Min, Q

from leads.people.models import LeadStatus
from newsletter.deliveries.models import CHUNK_SIZE, Lane
from newsletter.deliveries.standing.overdue import Line
from newsletter.sequences import models, services
from newsletter.sequences.advance import carry_out, claim, hold_next, live_topic, reaches_out
from newsletter.sequences.almanac import Almanac
from newsletter.sequences.answers import decide_all
from newsletter.sequences.models import Enrolment, EnrolmentState, SequenceState
from newsletter.sequences.walk import Answers, Due, Move, Question, decide, hurry


def names(ids: Sequence[int]) -> Mapping[int, str]:
    return dict(models.Sequence.objects.filter(pk__in=ids).values_list("pk", "name"))


def lines(now: datetime) -> list[Line]:
    due = Enrolment.objects.filter(
        Q(lead__paused_until__isnull=True) | Q(lead__paused_until__lte=now),
        state=EnrolmentState.ACTIVE,
        due_at__lte=now,
        sequence__state=SequenceState.LIVE,
    ).exclude(lead__status=LeadStatus.PATIENT)
    counted = due.values("sequence__name").annotate(count=Count("pk"), oldest=Min("due_at")).order_by("sequence__name")
    return [Line(Lane.MARKETING, row["sequence__name"], row["count"], row["oldest"]) for row in counted]


def put_off(now: datetime, over: timedelta) -> int:
    """From the next moment on at which the sequence may send."""
    hours = over / timedelta(hours=1)
    return sum(services.spread(sequence, now, hours) for sequence in _live())


def skip(before: datetime, now: datetime) -> int:
    """Their overdue mail is planned as expired, so that it shows in their history, and they wait for the next one.

    For all sequences that reach out the addresses and the ways are held before the first of them is carried out.
    """
    live = _live()
    outreaching = [sequence.pk for sequence in live if reaches_out(sequence.pk)]
    with transaction.atomic():
        held = hold_next(outreaching, before, most=None) if outreaching else []
        return sum(_skip(one.pk, before, now, only=held if one.pk in outreaching else None) for one in live)


def _live() -> list[models.Sequence]:
    return list(models.Sequence.objects.filter(state=SequenceState.LIVE, published__isnull=False).order_by("pk"))


def _skip(sequence_id: int, before: datetime, now: datetime, *, only: Sequence[int] | None) -> int:
    almanac, skipped = Almanac(), 0
    topic = live_topic(sequence_id) or ""
    while True:
        rows = claim(sequence_id, before, only=only)
        moves = decide_all(rows, almanac, _pass, now=now)
        carry_out(sequence_id, topic, moves, now=now, expires_at=now)
        skipped += sum(move.step is not None for move in moves)
        if len(rows) < CHUNK_SIZE:
            return skipped


def _pass(row: Due, almanac: Almanac, answers: Answers, *, now: datetime) -> Move | Question:
    """Past the overdue step, at any hour; who paused, or is a patient, goes the way of every other day."""
    is_paused = row.paused_until is not None and row.paused_until > now
    return (decide if is_paused or row.is_patient else hurry)(row, almanac, answers, now=now)
