"""When the next mail goes. Pure: no clock, no database, the same answer for engine, preview and test.

A step waits whole days by the calendar (the same local time, so many local dates later), then hours and minutes as
they pass. From there it goes at the first moment inside the window; where it has a time of day of its own, at that time
on the first day that the window allows. A local time that the clocks skip becomes the first instant after the
gap; one that they show twice is the first of the two, and what a window says of it holds both times. Nothing ever
goes before the moment it is counted from.
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)
ONE_SECOND = timedelta(seconds=1)
NOTHING = timedelta(0)
HORIZON_DAYS = 800


class NeverOpen(ValueError):
    """No day within two years lets the mail go."""


@dataclass(frozen=True, slots=True)
class Wait:
    """So many whole days by the reader's calendar, then so many hours and minutes, then the next time it is `at`."""

    days: int = 0
    hours: int = 0
    minutes: int = 0
    at: time | None = None

    @property
    def is_nothing(self) -> bool:
        return self == Wait()

    @property
    def clock(self) -> timedelta:
        """The part that passes by the clock, not by the calendar."""
        if not self.hours and not self.minutes:
            return NOTHING
        return timedelta(hours=self.hours, minutes=self.minutes)


NO_WAIT = Wait()


@dataclass(frozen=True, slots=True)
class Window:
    """When mail may go: on these weekdays (Monday is 0), from `opens` up to but not including `closes`."""

    weekdays: frozenset[int]
    opens: time
    closes: time

    def allows(self, local: datetime, days_off: Container[date]) -> bool:
        return self.is_open_on(local.date(), days_off) and self.opens <= local.time() < self.closes

    def is_open_on(self, day: date, days_off: Container[date]) -> bool:
        return day.weekday() in self.weekdays and day not in days_off


@dataclass(frozen=True, slots=True)
class Calendar:
    """Everything but the person that decides when: the window, the days off, and the demo's short day.

    With a `day_length` a step's days last that long, and mail goes at any time.
    """

    window: Window
    days_off: Container[date] = field(default_factory=frozenset)
    day_length: timedelta | None = None

    @property
    def day(self) -> timedelta:
        return self.day_length or ONE_DAY

    @property
    def hour(self) -> timedelta:
        return self.day / 24


ALWAYS = Calendar(Window(frozenset(range(7)), time(0), time.max))


def next_moment(after: datetime, *, calendar: Calendar, zone: ZoneInfo, wait: Wait = NO_WAIT) -> datetime:
    """When a step goes that waits so long after the moment `after`; in UTC."""
    if calendar.day_length is not None:
        return (after + wait.days * calendar.day + wait.clock * (calendar.day / ONE_DAY)).astimezone(UTC)
    earliest = _days_later(after, wait.days, zone) + wait.clock
    if wait.at is None:
        return _inside(earliest, calendar, zone)
    return _opening(earliest, wait.at, calendar, zone)


def moment_after(after: datetime, *, wait: Wait, calendar: Calendar, zone: ZoneInfo) -> datetime:
    """When so long has passed, at whatever hour; in UTC."""
    if calendar.day_length is not None:
        return next_moment(after, wait=wait, calendar=calendar, zone=zone)
    earliest = _days_later(after, wait.days, zone) + wait.clock
    if wait.at is None:
        return earliest
    return _opening(earliest, wait.at, ALWAYS, zone)


@lru_cache(maxsize=1024)
def zone_of(name: str, default: ZoneInfo) -> ZoneInfo:
    """The zone of this name; the default for an empty or unknown one."""
    try:
        return ZoneInfo(name) if name else default
    except (KeyError, ValueError, OSError):
        return default


def _days_later(after: datetime, days: int, zone: ZoneInfo) -> datetime:
    if not days:
        return after.astimezone(UTC)
    local = after.astimezone(zone)
    return _instant(local.date() + days * ONE_DAY, local.time(), zone, after)


def _inside(moment: datetime, calendar: Calendar, zone: ZoneInfo) -> datetime:
    """Return the first instant from `moment` on that the window allows."""
    local = moment.astimezone(zone)
    if calendar.window.allows(local, calendar.days_off):
        return moment.astimezone(UTC)
    for opening in _each_day_at(moment, calendar.window.opens, calendar, zone):
        if calendar.window.allows(opening.astimezone(zone), calendar.days_off):
            return opening
    raise NeverOpen("The window allows no day.")


def _opening(moment: datetime, at: time, calendar: Calendar, zone: ZoneInfo) -> datetime:
    """Return the first instant from `moment` on at which it is this time of an open day."""
    for opening in _each_day_at(moment, at, calendar, zone):
        if calendar.window.is_open_on(opening.astimezone(zone).date(), calendar.days_off):
            return opening
    raise NeverOpen("The window allows no day.")


def _each_day_at(moment: datetime, at: time, calendar: Calendar, zone: ZoneInfo) -> Iterator[datetime]:
    """Each instant from `moment` on at which it is this local time of an open day."""
    today = moment.astimezone(zone).date()
    for day in (today + number * ONE_DAY for number in range(HORIZON_DAYS)):
        if calendar.window.is_open_on(day, calendar.days_off):
            opening = _instant(day, at, zone, moment)
            if opening >= moment:
                yield opening


def _instant(day: date, clock: time, zone: ZoneInfo, not_before: datetime) -> datetime:
    """Return the instant of this local time: past a gap, and the first of two unless that is too early."""
    first = datetime.combine(day, clock.replace(fold=0), tzinfo=zone)
    instant = first.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None, fold=0) != first.replace(tzinfo=None):
        return _end_of_gap(first)
    if instant < not_before:
        return first.replace(fold=1).astimezone(UTC)
    return instant


def _end_of_gap(skipped: datetime) -> datetime:
    """Return the instant at which the clocks jump over this local time."""
    early, late = skipped.replace(fold=1).astimezone(UTC), skipped.astimezone(UTC)
    offset_after = late.astimezone(skipped.tzinfo).utcoffset()
    while late - early > ONE_SECOND:
        middle = early + (late - early) // 2
        if middle.astimezone(skipped.tzinfo).utcoffset() == offset_after:
            late = middle
        else:
            early = middle
    return late.replace(microsecond=0)
