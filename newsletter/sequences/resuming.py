"""After a pause: what has become overdue is dealt out over a time that staff choose, and they see beforehand how.

Only hours in which the sequence mails are dealt out, by the clinic's clock: what would fall behind the closing goes on
at the next opening, instead of everybody going at once then. A reader in another zone waits until it is time there,
and who stands before a mail with hours of its own until they open: the curve asks the code that sends.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, starmap
from zoneinfo import ZoneInfo

from django.db import connection

from newsletter.deliveries.models import BatchState
from newsletter.sequences.almanac import Almanac
from newsletter.sequences.ending import WAITING
from newsletter.sequences.models import Sequence
from newsletter.sequences.plan.document import StepKind
from newsletter.sequences.schedule import Calendar, next_moment
from newsletter.sequences.walk import Due, Question, decide

FINE = 240
"""Into so many slices the time is cut to foresee it."""
STEPS = ((3, 0.25), (24, 1), (96, 4))
"""Up to so many hours the curve is drawn in steps of so many; beyond, in days."""
A_DAY = 24
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

OVERDUE = """
    SELECT e.id, e.lead_id, e.due_at, e.version_id, e.next_position, e.last_key
    FROM newsletter_enrolment e
    WHERE e.sequence_id = %(sequence)s AND e.state = 'active' AND e.due_at <= %(start)s
"""
NUMBER = f"SELECT count(*) FROM ({OVERDUE}) found"  # noqa: S608
SHARE = "(row_number() OVER (ORDER BY due_at, id) - 1)::float8 / count(*) OVER ()"
SPREAD = f"""
    WITH mine AS ({OVERDUE} ORDER BY e.id FOR NO KEY UPDATE SKIP LOCKED),
    overdue AS (SELECT id, {SHARE} * %(whole)s AS at FROM mine)
    UPDATE newsletter_enrolment e SET is_asked_for = false, due_at = (
        SELECT open.begins_at + make_interval(secs => overdue.at - open.before)
        FROM unnest(%(begins)s::timestamptz[], %(before)s::float8[]) open (begins_at, before)
        WHERE open.before <= overdue.at ORDER BY open.before DESC LIMIT 1)
    FROM overdue WHERE e.id = overdue.id
"""  # noqa: S608
"""Whoever had to wait for the end of a pause did not ask a moment ago."""
OPEN = f"""
    SELECT waiting.* FROM ({WAITING}) waiting
    WHERE NOT EXISTS (SELECT 1 FROM newsletter_outcome o WHERE o.delivery_id = waiting.id OFFSET 0)
"""  # noqa: S608
HELD = f"""
    SELECT count(*) FROM ({OPEN}) open
    WHERE open.state = '{BatchState.PAUSED.value}'
      AND NOT EXISTS (SELECT 1 FROM newsletter_uncertain u WHERE u.delivery_id = open.id)
"""  # noqa: S608
SLICES = f"""
    WITH open AS MATERIALIZED ({OPEN}), mine AS ({OVERDUE}),
    overdue AS (SELECT *, floor({SHARE} * %(fine)s)::int AS slice FROM mine)
    SELECT overdue.slice, l.time_zone, overdue.version_id, overdue.next_position, count(*)
    FROM overdue JOIN leads_lead l ON l.id = overdue.lead_id
    WHERE NOT EXISTS (SELECT 1 FROM open WHERE open.owner = overdue.id AND open.item = overdue.last_key)
    GROUP BY 1, 2, 3, 4
"""  # noqa: S608
"""Whose last mail is still to leave gets no other before it: theirs is among those that are held."""


@dataclass(frozen=True, slots=True)
class Part:
    """How many people's next mail would go in this time."""

    begins_at: datetime
    ends_at: datetime
    people: int

    @property
    def is_fine(self) -> bool:
        """In the demo, whose hours are short, a part is told by its second."""
        return self.ends_at - self.begins_at < timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Slice:
    """So many people who are looked at in this slice of the time, live in that zone, and stand at this place."""

    number: int
    time_zone: str
    version_id: int
    position: int
    people: int


@dataclass(frozen=True, slots=True)
class Open:
    """The open hours, one after the other, over which something is dealt out."""

    pieces: tuple[tuple[datetime, timedelta], ...]

    @property
    def before(self) -> list[float]:
        """How many open seconds lie before each piece."""
        lengths = [length.total_seconds() for _begins, length in self.pieces]
        return [0.0, *accumulate(lengths[:-1])]

    @property
    def seconds(self) -> float:
        return sum(length.total_seconds() for _begins, length in self.pieces)

    def moment(self, seconds: float) -> datetime:
        """The moment at which so many open seconds have passed."""
        before = self.before
        piece = bisect_right(before, seconds) - 1
        return self.pieces[piece][0] + timedelta(seconds=seconds - before[piece])


def spread(sequence: Sequence, now: datetime, hours: float) -> int:
    """Deal overdue steps out evenly, the longest waiting first, from the next open moment on; how many.

    Rows that others hold are left out: somebody leaves, or goes on, at this moment.
    """
    almanac = Almanac()
    spans = open_hours(_calendar(sequence, almanac), almanac.zone, now, hours)
    with connection.cursor() as cursor:
        cursor.execute(
            SPREAD,
            {
                "sequence": sequence.pk,
                "start": spans.pieces[0][0],
                "whole": spans.seconds,
                "begins": [begins for begins, _length in spans.pieces],
                "before": spans.before,
            },
        )
        return cursor.rowcount


def curve(sequence: Sequence, hours: float, now: datetime) -> list[Part]:
    """What resuming over so many hours would do: who would go in which hour; nothing is changed.

    The clinic's cap, and what a lead has chosen for themselves, may hold some of them longer.
    """
    almanac = Almanac()
    calendar = _calendar(sequence, almanac)
    spans = open_hours(calendar, almanac.zone, now, hours)
    with connection.cursor() as cursor:
        cursor.execute(SLICES, {"sequence": sequence.pk, "start": spans.pieces[0][0], "fine": FINE})
        return parts(starmap(Slice, cursor.fetchall()), spans, calendar, almanac)


def overdue(sequence: Sequence, now: datetime) -> int:
    """How many people are dealt out if it goes on now: those whose moment comes before it is open."""
    almanac = Almanac()
    start = next_moment(now, calendar=_calendar(sequence, almanac), zone=almanac.zone)
    with connection.cursor() as cursor:
        cursor.execute(NUMBER, {"sequence": sequence.pk, "start": start})
        return int(cursor.fetchone()[0])


def held(sequence: Sequence) -> int:
    """How many mails were on their way when it was paused: they leave first."""
    with connection.cursor() as cursor:
        cursor.execute(HELD, {"sequence": sequence.pk})
        return int(cursor.fetchone()[0])


def parts(slices: Iterable[Slice], spans: Open | None, calendar: Calendar, almanac: Almanac) -> list[Part]:
    """How many people go when, of these slices of the time. Nothing where they are dealt out over no time."""
    if spans is None:
        return []
    hours = spans.seconds / calendar.hour.total_seconds()
    step = next((part for most, part in STEPS if hours <= most), A_DAY) * calendar.hour
    people: Counter[datetime] = Counter()
    for one in slices:
        goes = _goes(one, spans.moment(one.number / FINE * spans.seconds), almanac)
        people[_floor(goes, step, almanac.zone)] += one.people
    return [Part(begins_at, begins_at + step, people[begins_at]) for begins_at in sorted(people)]


def _goes(of: Slice, moment: datetime, almanac: Almanac) -> datetime:
    """When the next mail goes of whom the engine looks at then; the look itself where that asks the database."""
    row = Due(0, of.version_id, of.position, moment, moment, 0, of.time_zone, None, is_patient=False)
    move = decide(row, almanac, {}, now=moment)
    if isinstance(move, Question) or move.due_at is None:
        return moment
    step = almanac.published(of.version_id).step_at(move.position)
    return move.due_at if move.step is None and step is not None and step.kind == StepKind.EMAIL else moment


def open_hours(calendar: Calendar, zone: ZoneInfo, now: datetime, hours: float) -> Open:
    """The next so many hours in which mails go here, from the first open moment on."""
    begins, left = next_moment(now, calendar=calendar, zone=zone), calendar.hour * hours
    if calendar.day_length is not None:
        return Open(((begins, left),))
    pieces = []
    while left > timedelta(0):
        closes = _closing(begins, calendar, zone)
        length = min(left, closes - begins)
        pieces.append((begins, length))
        begins, left = next_moment(closes, calendar=calendar, zone=zone), left - length
    return Open(tuple(pieces) or ((begins, timedelta(0)),))


def _closing(moment: datetime, calendar: Calendar, zone: ZoneInfo) -> datetime:
    """When the window closes that is open at this moment; the clocks may have jumped over it."""
    closes = datetime.combine(moment.astimezone(zone).date(), calendar.window.closes, tzinfo=zone).astimezone(UTC)
    return closes if closes > moment else moment + timedelta(minutes=1)


def _calendar(sequence: Sequence, almanac: Almanac) -> Calendar:
    if sequence.published_id is None:
        raise ValueError(f"{sequence.key} has not been published.")
    return almanac.published(sequence.published_id).calendar


def _floor(moment: datetime, step: timedelta, zone: ZoneInfo) -> datetime:
    """When its step began, by the clinic's clock."""
    local = moment.astimezone(zone).utcoffset() or timedelta(0)
    return moment - (moment - EPOCH + local) % step
