"""Which times can be booked: pure calendar arithmetic over opening hours, days off and what is taken.

Opening hours are wall-clock times in the clinic's zone, so the grid is walked on the wall: an hour that the
clocks skip is not offered, an hour that comes twice is offered once (its first time), and no call runs
across the change.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

CALL = timedelta(minutes=15)
GRID = timedelta(minutes=5)
"""Calls begin at multiples of this after opening, so that times are easy to say."""


@dataclass(frozen=True, slots=True)
class Hours:
    """One stretch of opening hours; Monday is 0."""

    weekday: int
    opens_at: time
    closes_at: time


@dataclass(frozen=True, slots=True)
class Rules:
    """What the clinic allows to be booked."""

    zone: ZoneInfo
    hours: Sequence[Hours]
    days_off: frozenset[date]
    notice: timedelta
    buffer: timedelta
    horizon_days: int


@dataclass(frozen=True, slots=True)
class Span:
    """From a moment up to, not including, another."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, other: "Span") -> bool:
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


def blocked(starts_at: datetime, buffer: timedelta) -> Span:
    """The time that a call takes out of the diary: itself and the pause after it."""
    return Span(starts_at, starts_at + CALL + buffer)


def open_slots(rules: Rules, *, taken: Iterable[Span], now: datetime) -> list[datetime]:
    """The moments (UTC, ascending) at which a call may still begin; no two of them overlap."""
    busy = list(taken)
    found: list[datetime] = []
    free_from = now + rules.notice
    for starts_at in sorted(set(_grid(rules, now))):
        span = blocked(starts_at, rules.buffer)
        if starts_at >= free_from and not any(span.overlaps(other) for other in busy):
            found.append(starts_at)
            free_from = span.ends_at
    return found


def few(slots: Sequence[datetime], *, zone: ZoneInfo, count: int = 3) -> list[datetime]:
    """The next free times to name in a sentence: the first of each day, then what else comes soon."""
    days = groupby(slots, key=lambda slot: slot.astimezone(zone).date())
    firsts = [next(moments) for _, moments in days]
    others = [slot for slot in slots if slot not in set(firsts)]
    return sorted((firsts + others)[:count])


def _grid(rules: Rules, now: datetime) -> Iterator[datetime]:
    today = now.astimezone(rules.zone).date()
    step = _round_up(CALL + rules.buffer)
    for ahead in range(rules.horizon_days + 1):
        day = today + timedelta(days=ahead)
        if day not in rules.days_off:
            for hours in rules.hours:
                if hours.weekday == day.weekday():
                    yield from _starts(day, hours, step, rules.zone)


def _starts(day: date, hours: Hours, step: timedelta, zone: ZoneInfo) -> Iterator[datetime]:
    wall = datetime.combine(day, hours.opens_at)
    closes = datetime.combine(day, hours.closes_at)
    while wall + CALL <= closes:
        starts_at = _instant(wall, zone)
        if starts_at is not None and starts_at + CALL == _instant(wall + CALL, zone):
            yield starts_at
        wall += step


def _instant(wall: datetime, zone: ZoneInfo) -> datetime | None:
    """The first moment at which the clock on the wall shows this; None when it skips it."""
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    return moment if moment.astimezone(zone).replace(tzinfo=None) == wall else None


def _round_up(length: timedelta) -> timedelta:
    return -(-length // GRID) * GRID
