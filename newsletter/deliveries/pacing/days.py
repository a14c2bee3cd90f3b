"""Limits per day: counted in PostgreSQL, a small share at a time, and exact whatever becomes of Redis.

A day is the clinic's. A sender takes a share of what is left of it, and gives back what it did not use when its
slot ends; the unused share of one that is killed is lost for that day. So the limit is never exceeded, and missed by
at most a share for each kill. Nothing here may be called inside a transaction: the row would stay locked.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import F
from django.db.models.functions import Greatest

from clinic import queries as clinic
from clinic.clock import database_now
from newsletter.deliveries.lanes import LaneOptions, WarmUp
from newsletter.deliveries.pacing.models import Allowance

WHOLE_LANE = ""
LARGEST_SHARE = 500
SHARES = 20
ASKED_AGAIN_AFTER = 5.0
"""Seconds after which a limit that was reached is asked again: another sender may have given something back."""

LOOKED_UP_FOR = 60.0
"""Seconds after which the clinic's zone, which staff may change, is read again."""


@dataclass(frozen=True, slots=True)
class Day:
    """One calendar day in the clinic's zone, and the warm-up's first one."""

    on: date
    ends_at: datetime
    began_on: date

    @property
    def number(self) -> int:
        """The first day of a warm-up is number 1."""
        return (self.on - self.began_on).days + 1


def day_of(now: datetime, zone: ZoneInfo) -> tuple[date, datetime]:
    """The day and its end, where the next one begins; a day of the year may have 23 or 25 hours."""
    on = now.astimezone(zone).date()
    return on, datetime.combine(on + timedelta(days=1), time_of_day(), tzinfo=zone).astimezone(now.tzinfo)


def ramped(warm_up: WarmUp | None, number: int, whole: int | None) -> int | None:
    """The limit of a warm-up's day; `whole` is the limit without one, None for none."""
    if warm_up is None or number > len(warm_up.ramp):
        return whole
    step = warm_up.ramp[max(number, 1) - 1]
    return step if whole is None else min(step, whole)


def share(limit: int) -> int:
    return max(1, min(LARGEST_SHARE, limit // SHARES))


@dataclass(slots=True)
class Days:
    """What one sender has in hand of the day's limits, by group of domains; the whole lane's is WHOLE_LANE."""

    lane: str
    options: LaneOptions
    _day: Day | None = None
    _looked_up_at: float = 0.0
    _left: float = 0.0
    _in_hand: dict[str, int] = field(default_factory=dict)
    _ask_again_at: dict[str, float] = field(default_factory=dict)

    def limits(self) -> Mapping[str, int]:
        """Today's limits by group, where there is one."""
        return limits(self.options, self.today())

    def today(self) -> Day:
        """The day it is now, read again every minute; what is left of yesterday's share is worth nothing."""
        elapsed = time.monotonic() - self._looked_up_at
        if self._day is None or elapsed > min(LOOKED_UP_FOR, self._left):
            now = database_now()
            day = read_day(self.lane, self.options, now)
            if self._day is not None and day.on != self._day.on:
                self._in_hand.clear()
                self._ask_again_at.clear()
            self._day, self._looked_up_at = day, time.monotonic()
            self._left = (day.ends_at - now).total_seconds()
        return self._day

    def seconds_left(self) -> float:
        """Seconds until the next day."""
        self.today()
        return max(0.0, self._left - (time.monotonic() - self._looked_up_at))

    def left(self, group: str) -> int | None:
        """How many more may go today, by what all senders have taken; None without a limit."""
        limit = self.limits().get(group)
        return None if limit is None else max(0, limit - taken(self.lane, self.today().on).get(group, 0))

    def take(self, group: str, wanted: int) -> int:
        """How many of these may go today; they count as gone unless they are given back.

        For a group fewer than wanted means that its day is over; for the whole lane it may be the end of a share.
        """
        limit = self.limits().get(group)
        if limit is None:
            return wanted
        in_hand = self._in_hand.get(group, 0)
        if in_hand < wanted and time.monotonic() >= self._ask_again_at.get(group, 0.0):
            enough = share(limit) if group == WHOLE_LANE else max(share(limit), wanted - in_hand)
            fetched = self._fetch(group, limit, enough)
            in_hand += fetched
            if not fetched:
                self._ask_again_at[group] = time.monotonic() + ASKED_AGAIN_AFTER
        count = min(wanted, in_hand)
        self._in_hand[group] = in_hand - count
        return count

    def give_back(self, group: str, count: int) -> None:
        """Take so many into hand again."""
        if group in self._in_hand:
            self._in_hand[group] += count

    def close(self) -> None:
        """Leave to others what is in hand."""
        if self._day is None:
            return
        for group, count in self._in_hand.items():
            mine = Allowance.objects.filter(lane=self.lane, domains=group, day=self._day.on)
            if count:
                mine.update(taken=Greatest(F("taken") - count, 0))
        self._in_hand.clear()

    def _fetch(self, group: str, limit: int, count: int) -> int:
        """So many of what is left of this day, or fewer, or nothing."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO newsletter_allowance AS a (lane, domains, day, taken)
                VALUES (%(lane)s, %(group)s, %(day)s, least(%(count)s, %(limit)s))
                ON CONFLICT (lane, domains, day) DO UPDATE
                    SET taken = least(a.taken + %(count)s, %(limit)s) WHERE a.taken < %(limit)s
                RETURNING new.taken - coalesce(old.taken, 0)
                """,
                {"lane": self.lane, "group": group, "day": self.today().on, "count": count, "limit": limit},
            )
            row = cursor.fetchone()
        return row[0] if row else 0


def limits(options: LaneOptions, day: Day) -> Mapping[str, int]:
    found = {WHOLE_LANE: ramped(options.warm_up, day.number, options.rate_per_day)}
    found |= {name: group.rate_per_day for name, group in options.domains.items()}
    return {name: limit for name, limit in found.items() if limit is not None}


def read_day(lane: str, options: LaneOptions, now: datetime) -> Day:
    on, ends_at = day_of(now, clinic.zone())
    return Day(on, ends_at, _began_on(lane, options, on))


def taken(lane: str, on: date) -> dict[str, int]:
    """What all senders together have taken of this day, by group."""
    return dict(Allowance.objects.filter(lane=lane, day=on).values_list("domains", "taken"))


def _began_on(lane: str, options: LaneOptions, today: date) -> date:
    """The warm-up's first day: as the settings say, or the day of the first mail that was counted."""
    if options.warm_up is None:
        return today
    if options.warm_up.starts_on is not None:
        return options.warm_up.starts_on
    counted = Allowance.objects.filter(lane=lane, domains=WHOLE_LANE, taken__gt=0)
    first = counted.order_by("day").values_list("day", flat=True).first()
    return first or today
