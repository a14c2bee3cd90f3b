"""When the mails of a campaign leave, by the clocks of those who get them. Pure: no clock, no database."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from newsletter.campaigns.audience import times
from newsletter.campaigns.audience.times import Awake
from newsletter.campaigns.models import Timing


@dataclass(frozen=True, slots=True)
class When:
    """What staff choose: `at` is None for now; `spread_hours` counts for Timing.SPREAD only."""

    at: datetime | None = None
    timing: Timing = Timing.CLINIC
    spread_hours: int = 0


@dataclass(frozen=True, slots=True)
class Arrival:
    """When the first and the last of those who live in one zone get it.

    `meant` is when their clocks show the time that was chosen; `first` is later where that has passed.
    """

    zone: ZoneInfo
    people: int
    first: datetime
    last: datetime
    meant: datetime
    awake: Awake

    @property
    def is_quiet_time(self) -> bool:
        """Whether any of them gets it at a time of day at which the clinic writes to nobody."""
        return is_quiet(self.first.astimezone(self.zone), self.last.astimezone(self.zone), self.awake)

    @property
    def is_next_day(self) -> bool:
        """Whether their time of day was over so long, or at such an hour, that they get it a day later."""
        return self.first - self.meant > times.LATE


def is_quiet(first: datetime, last: datetime, awake: Awake) -> bool:
    """Whether any moment between these two is no time of day for mail, by the clock of the zone that they are in.

    Where it takes a while, `last` is when it is over: nothing leaves then any more.
    """
    is_late = last > first and last.time() > awake.closes
    return last.date() > first.date() or awake.is_quiet(first) or is_late


def zones(people: Mapping[str, int], home: ZoneInfo) -> dict[ZoneInfo, int]:
    """How many people live in which zone, by the zones' names; whoever gave none, or none that is known, at home."""
    found: Counter[ZoneInfo] = Counter()
    for name, count in people.items():
        found[times.zone_of(name, home)] += count
    return dict(found)


def without_zone(people: Mapping[str, int]) -> int:
    """How many gave no zone, or none that is known."""
    return sum(count for name, count in people.items() if not times.is_known(name))


def begins(when: When, *, not_before: datetime, home: ZoneInfo, zones: Iterable[ZoneInfo], awake: Awake) -> datetime:
    """When the first mail is due: for each reader's own time of day, where that comes first."""
    return min(_first(when, not_before, home, zone, awake) for zone in {home, *zones})


def arrivals(
    when: When, *, not_before: datetime, home: ZoneInfo, people: Mapping[ZoneInfo, int], awake: Awake
) -> Iterator[Arrival]:
    """For each zone when its people get it, the most numerous first."""
    hours = when.spread_hours if when.timing == Timing.SPREAD else 0
    for zone, count in sorted(people.items(), key=lambda pair: (-pair[1], str(pair[0]))):
        first = _first(when, not_before, home, zone, awake)
        yield Arrival(zone, count, first, first + timedelta(hours=hours), _meant(when, first, home, zone), awake)


def _first(when: When, not_before: datetime, home: ZoneInfo, zone: ZoneInfo, awake: Awake) -> datetime:
    if when.at is None:
        return not_before
    if when.timing == Timing.LEAD_ZONE:
        return times.due(when.at, home=home, zone=zone, now=not_before, awake=awake)
    return max(when.at, not_before)


def _meant(when: When, first: datetime, home: ZoneInfo, zone: ZoneInfo) -> datetime:
    if when.timing != Timing.LEAD_ZONE or when.at is None:
        return first
    return times.there(when.at, home=home, zone=zone)
