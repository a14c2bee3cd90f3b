"""When the mails of a campaign leave, by the clocks of those who get them. Pure: no clock, no database."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from newsletter.campaigns.audience import times
from newsletter.campaigns.models import Timing

MORNING, EVENING = time(8), time(20)
"""Before the one and after the other people do not want to be disturbed."""


@dataclass(frozen=True, slots=True)
class When:
    """What staff choose: `at` is None for now; `spread_hours` counts for Timing.SPREAD only."""

    at: datetime | None = None
    timing: Timing = Timing.CLINIC
    spread_hours: int = 0


@dataclass(frozen=True, slots=True)
class Arrival:
    """When the first and the last of those who live in one zone get it."""

    zone: ZoneInfo
    people: int
    first: datetime
    last: datetime

    @property
    def is_quiet_time(self) -> bool:
        """Whether any of them gets it early in the morning or late in the evening."""
        first, last = self.first.astimezone(self.zone), self.last.astimezone(self.zone)
        spans_a_night = last.date() > first.date()
        return spans_a_night or is_quiet(first) or is_quiet(last)


def is_quiet(local: datetime) -> bool:
    """Whether this is no time of day for mail, by its own zone's clock."""
    return not MORNING <= local.time() <= EVENING


def begins(when: When, *, not_before: datetime, home: ZoneInfo, zones: Iterable[ZoneInfo]) -> datetime:
    """When the first mail is due: for each reader's own time of day, where that comes first."""
    return min(_first(when, not_before, home, zone) for zone in {home, *zones})


def arrivals(when: When, *, not_before: datetime, home: ZoneInfo, people: Mapping[ZoneInfo, int]) -> Iterator[Arrival]:
    """For each zone when its people get it, the most numerous first."""
    hours = when.spread_hours if when.timing == Timing.SPREAD else 0
    for zone, count in sorted(people.items(), key=lambda pair: (-pair[1], str(pair[0]))):
        first = _first(when, not_before, home, zone)
        yield Arrival(zone, count, first, first + timedelta(hours=hours))


def _first(when: When, not_before: datetime, home: ZoneInfo, zone: ZoneInfo) -> datetime:
    if when.at is None:
        return not_before
    if when.timing == Timing.LEAD_ZONE:
        return times.due(when.at, home=home, zone=zone, now=not_before)
    return max(when.at, not_before)
