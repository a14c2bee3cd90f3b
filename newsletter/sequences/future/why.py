"""Why something does not happen earlier. Pure: each reason is found by asking the schedule again without it.

What is asked is the very code that decides: a day off is the reason where the same question without days off has an
earlier answer, and so on. So no reason is given that would not have made a difference.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from newsletter.deliveries.lately import Cap, Lately
from newsletter.sequences.almanac import Almanac, Published, PublishedStep
from newsletter.sequences.plan.document import EVERY_DAY, StepKind
from newsletter.sequences.room import make_room
from newsletter.sequences.schedule import NO_WAIT, ONE_DAY, Calendar, Wait, moment_after, next_moment
from newsletter.sequences.walk import Move

ONE_HOUR = timedelta(hours=1)
LONGEST_DAY = 25


class Why(StrEnum):
    WAIT = "wait"
    PATIENCE = "patience"
    TIME_OF_DAY = "time_of_day"
    HOURS = "hours"
    WEEKDAY = "weekday"
    HOLIDAY = "holiday"
    CLOCKS = "clocks"
    PAUSED = "paused"
    CAP = "cap"
    CAMPAIGN = "campaign"
    FEW_CALLS = "few_calls"


@dataclass(frozen=True, slots=True)
class Reason:
    """Without it, it would have happened earlier than `until`. `days` are the dates that it rules out, or concerns."""

    kind: Why
    until: datetime
    wait: Wait = NO_WAIT
    days: tuple[date, ...] = ()


def of_arrival(step: PublishedStep, published: Published, since: datetime, zone: ZoneInfo) -> tuple[Reason, ...]:
    """Why who comes before this step at `since` is looked at only when `walk.arrival` says."""
    if step.kind not in (StepKind.EMAIL, StepKind.WAIT, StepKind.UNTIL):
        return ()
    calendar = published.calendar_of(step)
    over = moment_after(since, wait=replace(step.wait, at=None), calendar=calendar, zone=zone)
    patience = Why.PATIENCE if step.kind == StepKind.UNTIL else Why.WAIT
    found = [Reason(patience, over, wait=step.wait)] if over > since else []
    if calendar.day_length is not None:
        return tuple(found)
    goes = over
    if step.wait.at is not None:
        goes = moment_after(over, wait=Wait(at=step.wait.at), calendar=calendar, zone=zone)
        found += [Reason(Why.TIME_OF_DAY, goes, wait=step.wait)] if goes > over else []
    if step.kind == StepKind.EMAIL:
        held = list(of_window(over, step.wait, calendar, zone))
        found += held
        goes = held[-1].until if held else goes
    return (*found, *of_clocks(since, goes, zone))


def of_window(moment: datetime, wait: Wait, calendar: Calendar, zone: ZoneInfo) -> Iterator[Reason]:
    """Why mail that could go at this moment waits: the hours, the weekdays, the days off, each after the one before."""
    if calendar.day_length is not None:
        return
    asked = Wait(at=wait.at)
    any_hour = moment if wait.at is None else moment_after(moment, wait=asked, calendar=calendar, zone=zone)
    any_weekday = replace(calendar, window=replace(calendar.window, weekdays=EVERY_DAY), days_off=frozenset())
    any_date = replace(calendar, days_off=frozenset())
    before = any_hour
    for kind, looser in ((Why.HOURS, any_weekday), (Why.WEEKDAY, any_date), (Why.HOLIDAY, calendar)):
        goes = next_moment(moment, wait=asked, calendar=looser, zone=zone)
        if goes > before:
            yield Reason(kind, goes, days=tuple(_ruled_out(kind, before, goes, calendar, zone)))
        before = goes


def of_room(move: Move, got: Lately, cap: Cap, almanac: Almanac, *, now: datetime) -> tuple[Reason, ...]:
    """Why this mail has no room now: so much mail lately, or a campaign on the same day."""
    alone = ((Why.CAP, replace(got, campaigns=[])), (Why.CAMPAIGN, replace(got, moments=[])))
    later = [(kind, make_room(move, only, cap, almanac, now=now)) for kind, only in alone]
    return tuple(Reason(kind, held.due_at) for kind, held in later if held is not move and held.due_at is not None)


def of_clocks(since: datetime, goes: datetime, zone: ZoneInfo) -> tuple[Reason, ...]:
    """The day on which the clocks change in between, where the wait is longer or shorter by it."""
    days = [day for day in _days(since, goes, zone) if since < _change_on(day, zone, or_else=since) <= goes]
    return (Reason(Why.CLOCKS, goes, days=tuple(days)),) if days else ()


def _ruled_out(kind: Why, before: datetime, goes: datetime, calendar: Calendar, zone: ZoneInfo) -> Iterator[date]:
    for day in _days(before, goes, zone):
        is_weekday = day.weekday() in calendar.window.weekdays
        if kind == Why.WEEKDAY and not is_weekday:
            yield day
        if kind == Why.HOLIDAY and is_weekday and day in calendar.days_off:
            yield day


def _days(first: datetime, last: datetime, zone: ZoneInfo) -> Iterator[date]:
    day, end = first.astimezone(zone).date(), last.astimezone(zone).date()
    while day <= end:
        yield day
        day += ONE_DAY


def _change_on(day: date, zone: ZoneInfo, *, or_else: datetime) -> datetime:
    """The hour in which the clocks of this zone change on this day."""
    midnight = datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)
    before = midnight.astimezone(zone).utcoffset()
    if (midnight + LONGEST_DAY * ONE_HOUR).astimezone(zone).utcoffset() == before:
        return or_else
    hours = (midnight + number * ONE_HOUR for number in range(LONGEST_DAY + 1))
    return next(hour for hour in hours if hour.astimezone(zone).utcoffset() != before)
