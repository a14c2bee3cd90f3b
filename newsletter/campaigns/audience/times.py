"""When each part of an audience is due. Pure: no clock, no database.

At a time of day where each reader lives: the moment at which their clocks show what the clinic's show at `goes_at`.
A time that their clocks skip is the first moment after the gap, one that they show twice is the first of the two.
Where that moment has passed, they get it at once if it is less than twelve hours ago and no time of day at which they
want their peace, else a day later. Less than an hour is no delay: that is how late a plan may be.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Self
from zoneinfo import ZoneInfo

from clinic.models import Clinic

PROMPT = timedelta(hours=1)
LATE = timedelta(hours=12)
"""So long after its moment a mail still goes at once; later it would come at another time of day than was meant."""

SLOTS_AN_HOUR = 12
MOST = 1000
"""A slice is never larger: it is what one sender takes up at a time."""

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Awake:
    """When the clinic writes to people, by the reader's clock: from `opens` up to but not including `closes`.

    At any other time of day people do not want to be disturbed.
    """

    opens: time
    closes: time

    @classmethod
    def of(cls, clinic: Clinic) -> Self:
        """The hours that this profile says."""
        return cls(clinic.writes_from, clinic.writes_until)

    def is_quiet(self, local: datetime) -> bool:
        """Whether this is no time of day for mail, by its own zone's clock."""
        return not self.opens <= local.time() < self.closes


@dataclass(frozen=True, slots=True)
class Slice:
    """So many mails that one sender takes up together. All slices but the last of a part have the same size."""

    due_at: datetime
    people: int


def zone_of(name: str, home: ZoneInfo) -> ZoneInfo:
    """The zone of this name; the clinic's for an empty or unknown one."""
    return _named(name) or home


def is_known(name: str) -> bool:
    """Whether there is a zone of this name."""
    return _named(name) is not None


@lru_cache(maxsize=1024)
def _named(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None


def there(goes_at: datetime, *, home: ZoneInfo, zone: ZoneInfo, days: int = 0) -> datetime:
    """The moment at which clocks in `zone` show what those at home show at `goes_at`, so many days later; in UTC."""
    if zone.key == home.key and not days:
        return goes_at.astimezone(UTC)
    shown = goes_at.astimezone(home).replace(tzinfo=None, fold=0) + days * ONE_DAY
    first = shown.replace(tzinfo=zone).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None, fold=0) == shown:
        return first
    return _end_of_gap(shown, zone)


def due(goes_at: datetime, *, home: ZoneInfo, zone: ZoneInfo, now: datetime, awake: Awake) -> datetime:
    """When those who live in `zone` get it, seen from `now`."""
    moment = there(goes_at, home=home, zone=zone)
    if moment > now:
        return moment
    behind = now - moment
    if behind < PROMPT or (behind < LATE and not awake.is_quiet(now.astimezone(zone))):
        return now
    return max(there(goes_at, home=home, zone=zone, days=1), now)


def by_zone(
    people: Mapping[str, int], goes_at: datetime, *, home: ZoneInfo, now: datetime, awake: Awake
) -> dict[datetime, list[str]]:
    """The names of zones as leads have them, by the moment at which those who live there get it; earliest first."""
    found: dict[datetime, list[str]] = {}
    for name in sorted(people):
        moment = due(goes_at, home=home, zone=zone_of(name, home), now=now, awake=awake)
        found.setdefault(moment, []).append(name)
    return dict(sorted(found.items()))


def spread(people: int, *, hours: int, begins_at: datetime) -> list[Slice]:
    """Equal slices, evenly over these hours; the last may be smaller."""
    if not people:
        return []
    each = min(MOST, -(-people // (hours * SLOTS_AN_HOUR)))
    sizes = _sizes(people, each)
    span = timedelta(hours=hours)
    return [Slice(begins_at + span * place / len(sizes), size) for place, size in enumerate(sizes)]


def at_once(people: int, due_at: datetime) -> list[Slice]:
    """As many slices as it takes, all due at the same moment."""
    return [Slice(due_at, size) for size in _sizes(people, MOST)]


def _sizes(people: int, each: int) -> list[int]:
    return [min(each, people - begun) for begun in range(0, people, each)]


def _end_of_gap(skipped: datetime, zone: ZoneInfo) -> datetime:
    """The moment at which the clocks jump over this local time."""
    early, late = (skipped.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (1, 0))
    after = late.astimezone(zone).utcoffset()
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) // 2
        if middle.astimezone(zone).utcoffset() == after:
            late = middle
        else:
            early = middle
    return late.replace(microsecond=0)
