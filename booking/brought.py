"""What the diary adds to the report of a sequence: calls that took place, and who booked with the mails and without.

The mail behind a booking is the one that it is credited to. Whether somebody booked at all is asked of everybody alike,
whatever they clicked: those who were held out have nothing to click in. So only those bookings are compared that would
be known of either: calls in the diary, and what staff noted. “I have booked already” is a link that only mails carry.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from booking.models import AppointmentState, Goal, GoalKind
from newsletter.deliveries.models import Delivery, Kind
from newsletter.sequences.models import Enrolment, EnrolmentState, Sequence, SequenceVersion
from newsletter.sequences.report.difference import Difference, Share, difference
from newsletter.sequences.report.periods import Period

COUNTS_FOR = timedelta(days=90)
"""So long after somebody came in a booking counts, on both sides; the one that they came in by does not."""

ATTENDED = f"""
    SELECT d.item, count(DISTINCT e.id)
    FROM booking_goal g
    JOIN booking_appointment a ON a.id = g.appointment_id AND a.state = '{AppointmentState.ATTENDED.value}'
    JOIN newsletter_delivery d ON d.id = g.credited_delivery_id AND d.kind = {Kind.STEP:d}
    JOIN newsletter_enrolment e ON e.id = d.owner AND e.state <> '{EnrolmentState.HELD_OUT.value}'
    WHERE e.sequence_id = %(sequence)s AND (%(version)s::bigint IS NULL OR e.version_id = %(version)s)
    GROUP BY GROUPING SETS ((d.item), ())
"""  # noqa: S608
SIDES = f"""
    WITH came AS (
        SELECT DISTINCT ON (e.lead_id) e.id, e.lead_id, e.state = '{EnrolmentState.HELD_OUT.value}' AS held_out,
               e.enrolled_at
        FROM newsletter_enrolment e
        WHERE e.sequence_id = %(sequence)s AND e.enrolled_at >= %(since)s
          AND (%(until)s::timestamptz IS NULL OR e.enrolled_at < %(until)s)
        ORDER BY e.lead_id, e.id
    ), booked AS (
        SELECT DISTINCT g.lead_id FROM came JOIN booking_goal g
          ON g.lead_id = came.lead_id AND g.kind <> '{GoalKind.PATIENT.value}'
         AND (g.appointment_id IS NOT NULL OR g.by_id IS NOT NULL)
         AND g.at > came.enrolled_at AND g.at < came.enrolled_at + %(counts_for)s
    )
    SELECT came.held_out, count(booked.lead_id), count(*)
    FROM came LEFT JOIN booked ON booked.lead_id = came.lead_id
    WHERE NOT (came.held_out AND EXISTS (
        SELECT 1 FROM newsletter_delivery d WHERE d.kind = {Kind.STEP:d} AND d.owner = came.id))
    GROUP BY 1
"""  # noqa: S608
"""Everybody once, by how they came in first; not who was held out and got mails all the same, under another address."""


@dataclass(frozen=True, slots=True)
class Lift:
    """Of those who came in within a period: who booked with the mails (the first share) and without (the second)."""

    period: Period
    booked: Difference


def attended(sequence: Sequence, version: SequenceVersion | None = None) -> Mapping[int | None, int]:
    """By step: how many ways led to a call that took place, credited to its mail; under None by any mail."""
    values: dict[str, Any] = {"sequence": sequence.pk, "version": version.pk if version else None}
    with connection.cursor() as cursor:
        cursor.execute(ATTENDED, values)
        return dict(cursor.fetchall())


def lift(sequence: Sequence, period: Period) -> Lift:
    """What the mails bring: the difference between who was to get them and who was held out, by lot."""
    values: dict[str, Any] = {
        "sequence": sequence.pk,
        "since": period.since,
        "until": period.until,
        "counts_for": COUNTS_FOR,
    }
    with connection.cursor() as cursor:
        cursor.execute(SIDES, values)
        sides = {is_held_out: Share(booked, people) for is_held_out, booked, people in cursor.fetchall()}
    nobody = Share(0, 0)
    return Lift(period, difference(sides.get(False, nobody), sides.get(True, nobody)))


def with_a_call(step: int | None) -> Q:
    """Of ways: those with a call that took place, credited to the mail of this step, or to any."""
    took_place = Goal.objects.filter(appointment__state=AppointmentState.ATTENDED)
    mails = Delivery.objects.filter(kind=Kind.STEP, pk__in=took_place.values("credited_delivery_id"))
    had_it = Q(pk__in=(mails if step is None else mails.filter(item=step)).values("owner"))
    return had_it & ~Q(state=EnrolmentState.HELD_OUT)


def compared(ways: QuerySet[Enrolment], period: Period, *, is_held_out: bool, has_booked: bool) -> QuerySet[Enrolment]:
    """Of these ways those that `lift` counts on one side, or those of them that booked."""
    within = Q(enrolled_at__gte=period.since)
    if period.until is not None:
        within &= Q(enrolled_at__lt=period.until)
    before = Enrolment.objects.filter(
        within, sequence=OuterRef("sequence"), lead=OuterRef("lead"), pk__lt=OuterRef("pk")
    )
    side = Q(state=EnrolmentState.HELD_OUT)
    got_mails = Exists(Delivery.objects.filter(kind=Kind.STEP, owner=OuterRef("pk")))
    found = ways.filter(within, ~Exists(before), (side & ~Q(got_mails)) if is_held_out else ~side)
    booked = Goal.objects.exclude(kind=GoalKind.PATIENT).filter(
        Q(appointment__isnull=False) | Q(by__isnull=False),
        lead=OuterRef("lead"),
        at__gt=OuterRef("enrolled_at"),
        at__lt=OuterRef("enrolled_at") + COUNTS_FOR,
    )
    return found.filter(Exists(booked)) if has_booked else found
