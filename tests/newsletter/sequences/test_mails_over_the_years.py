"""Mails of sequences from 2026 to 2030: by the walk that sends, and by a clock that is read every quarter of an hour.

Each schedule has a clinic somewhere with its holidays, days off and quiet hours, a reader who lives in another zone as
often as not, hours for the sequence and others for some of its mails, and ticks that come late by seconds, by a quarter
of an hour, or by days. The clock knows nothing of how the walk reckons: it reads the wall, and asks the calendar that
hangs beside it.

MAILS_OVER_THE_YEARS=10000 lays ten thousand of them; a few hundred in every test run.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays
import pytest

from clinic.days_off import DaysOff
from clinic.models import Clinic
from newsletter.sequences import arriving, walk
from newsletter.sequences.almanac import Almanac
from newsletter.sequences.plan.document import Hours, Plan, Step, StepKind
from newsletter.sequences.schedule import Wait, zone_of
from newsletter.sequences.walk import Due, Move

SCHEDULES = int(os.environ.get("MAILS_OVER_THE_YEARS", "300"))
QUARTER, HOUR, A_DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)
FIRST, DAYS = datetime(2026, 1, 1, tzinfo=UTC), 5 * 365
REGIONS = ("", "CA", "CA-ON", "CA-QC", "GB-ENG", "US-NY", "AU-NSW")
ZONES = (
    "America/Toronto",
    "America/St_Johns",
    "Europe/London",
    "Europe/Athens",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Pacific/Auckland",
)
LATE = (timedelta(0), timedelta(seconds=40), QUARTER, HOUR - QUARTER, 3 * HOUR, A_DAY, 4 * A_DAY)


@dataclass(frozen=True)
class Letter:
    """One mail, as it is asked for."""

    wait: Wait
    hours: Hours | None


@dataclass(frozen=True)
class Schedule:
    """`elsewhere` is the zone of a reader who lives in another than the clinic's."""

    clinic: str
    elsewhere: str
    region: str
    own_days_off: frozenset[date]
    quiet: tuple[time, time]
    hours: Hours
    letters: tuple[Letter, ...]
    begins: datetime
    late: tuple[timedelta, ...]

    @property
    def zone(self) -> ZoneInfo:
        """The one whose wall is read."""
        return ZoneInfo(self.elsewhere or self.clinic)


def at_random(chance: random.Random) -> Schedule:
    begins = FIRST + chance.randrange(DAYS * 96) * QUARTER
    days_off = frozenset(begins.date() + chance.randrange(30) * A_DAY for _ in range(chance.randrange(6)))
    letters = tuple(_letter(chance) for _ in range(3))
    clinic, another = chance.sample(ZONES, 2)
    return Schedule(
        clinic,
        chance.choice((another, "")),
        chance.choice(REGIONS),
        days_off,
        chance.choice(((time(8), time(20)), (time(0), time(23, 45)), (time(10), time(19)))),
        _hours(chance),
        letters,
        begins,
        tuple(chance.choice(LATE) for _ in range(40)),
    )


def _letter(chance: random.Random) -> Letter:
    at = time(12, chance.choice((0, 15, 30))) if chance.random() < 1 / 4 else None
    wait = Wait(chance.choice((0, 1, 1, 2, 3, 7, 14)), chance.choice((0, 0, 1, 5)), chance.choice((15, 30, 45)), at)
    return Letter(wait, _hours(chance) if chance.random() < 1 / 2 else None)


def _hours(chance: random.Random) -> Hours:
    weekdays = frozenset(chance.sample(range(7), chance.randrange(1, 8)))
    return Hours(weekdays, time(chance.randrange(5, 12), chance.choice((0, 30))), time(chance.randrange(13, 23), 45))


# As it is sent


def sent(schedule: Schedule) -> list[datetime]:
    """When each mail is planned, by ticks that look twice each; nothing else tells when."""
    almanac = Almanac(is_real=True)
    almanac.__dict__["_clinic"] = Clinic(
        time_zone=schedule.clinic, writes_from=schedule.quiet[0], writes_until=schedule.quiet[1]
    )
    almanac.__dict__["_days_off"] = DaysOff(dict.fromkeys(schedule.own_days_off, "off"), schedule.region)
    steps = tuple(
        Step(key, StepKind.EMAIL, wait=letter.wait, hours=letter.hours, email=key)
        for key, letter in enumerate(schedule.letters, start=1)
    )
    almanac.suppose(1, almanac.plan(Plan(steps=steps, hours=schedule.hours), {key: key for key in range(1, 4)}))
    zone = zone_of(schedule.elsewhere, almanac.zone)
    due_at = arriving.first_due(almanac.published(1), now=schedule.begins, zone=zone, is_asked_for=False)
    assert due_at is not None
    row = Due(1, 1, 0, due_at, schedule.begins, 1, schedule.elsewhere, None, is_patient=False)
    return [now for now, move in _looks(row, almanac, schedule.late) if move.step is not None]


def _looks(row: Due, almanac: Almanac, late: tuple[timedelta, ...]) -> Iterator[tuple[datetime, Move]]:
    for lateness in late:
        now = row.due_at + lateness
        for _tick in range(2):
            move = walk.decide(row, almanac, {}, now=now)
            assert isinstance(move, Move)
            yield now, move
            if move.due_at is None:
                return
            row = replace(row, position=move.position, due_at=move.due_at, since=move.since)
            if row.due_at > now:
                break


# As the clock on the wall has it


def expected(schedule: Schedule) -> list[datetime]:
    found, counted_from, look, late = [], schedule.begins, schedule.begins, iter(schedule.late)
    for letter in schedule.letters:
        due = first_open(schedule, letter, waited(schedule, letter, counted_from), at=letter.wait.at)
        if due <= look:  # nobody gets two mails in a row
            due = first_open(schedule, letter, waited(schedule, letter, look), at=letter.wait.at)
        while True:
            look = due + next(late)
            goes = first_open(schedule, letter, look)
            if goes == look:
                break
            due = goes
        found.append(look)
        counted_from = due if look < due + HOUR else look
    return found


def waited(schedule: Schedule, letter: Letter, counted_from: datetime) -> datetime:
    """So many days later the wall shows the same time again, or has just passed it; then hours and minutes pass."""
    moment = counted_from
    if letter.wait.days:
        wall = counted_from.astimezone(schedule.zone).replace(tzinfo=None) + letter.wait.days * A_DAY
        moment += letter.wait.days * A_DAY - 3 * HOUR
        while moment.astimezone(schedule.zone).replace(tzinfo=None) < wall:
            moment += QUARTER if wall - moment.astimezone(schedule.zone).replace(tzinfo=None) >= QUARTER else SECOND
    return moment + timedelta(hours=letter.wait.hours, minutes=letter.wait.minutes)


SECOND = timedelta(seconds=1)


def first_open(schedule: Schedule, letter: Letter, moment: datetime, at: time | None = None) -> datetime:
    """The first moment from this one on that is allowed: this one itself, or a full quarter of an hour."""
    while not is_allowed(schedule, letter, moment, at):
        moment += QUARTER - (moment - FIRST) % QUARTER
    return moment


def is_allowed(schedule: Schedule, letter: Letter, moment: datetime, at: time | None) -> bool:
    wall = moment.astimezone(schedule.zone)
    hours = letter.hours or schedule.hours
    is_working_day = wall.weekday() in hours.weekdays and not is_day_off(schedule, wall.date())
    minutes = wall.hour * 60 + wall.minute + wall.second / 60 + wall.microsecond / 60_000_000
    if at is not None:
        return is_working_day and minutes == at.hour * 60 + at.minute
    opens = max(minute_of(hours.opens), minute_of(schedule.quiet[0]))
    closes = min(minute_of(hours.closes), minute_of(schedule.quiet[1]))
    return is_working_day and opens <= minutes < closes


def minute_of(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def is_day_off(schedule: Schedule, day: date) -> bool:
    return day in schedule.own_days_off or day in public(schedule.region, day.year)


@cache
def public(region: str, year: int) -> frozenset[date]:
    if not region:
        return frozenset()
    country, _dash, part = region.partition("-")
    return frozenset(getattr(holidays, country)(subdiv=part or None, years=[year]))


# Compared


def faults(mails: list[datetime], schedule: Schedule) -> list[str]:
    right = expected(schedule)
    found = ["missed"] * (len(right) - len(mails)) + ["twice"] * (len(mails) - len(right))
    for goes, should in zip(mails, right, strict=False):
        found += ["early"] * (goes < should) + ["late"] * (goes > should)
    for goes, letter in zip(mails, schedule.letters, strict=False):
        found += ["outside its hours"] * (not is_allowed(schedule, letter, goes, None))
    return found


def test_every_mail_goes_once_and_exactly_when_the_clock_on_the_wall_lets_it():
    chance = random.Random(20260101)
    laid = [at_random(chance) for _ in range(SCHEDULES)]

    assert Counter(fault for one in laid for fault in faults(sent(one), one)) == Counter()


@pytest.mark.parametrize("change", ["clinic", "reader", "region", "hours"])
def test_the_clock_sees_what_is_wrong(change: str):
    """The clinic in another zone, the reader's own, holidays, or the mail's own hours forgotten: each is found out."""
    chance = random.Random(3)
    found: Counter[str] = Counter()
    for one in (at_random(chance) for _ in range(SCHEDULES // 5)):
        wrong = {
            "clinic": replace(one, clinic="Asia/Tokyo"),
            "reader": replace(one, elsewhere=""),
            "region": replace(one, region="", own_days_off=frozenset()),
            "hours": replace(one, letters=tuple(replace(letter, hours=None) for letter in one.letters)),
        }[change]
        found.update(faults(sent(wrong), one))

    assert found["early"] + found["late"] > 0
    assert found["outside its hours"] > 0


def test_the_calendar_beside_the_clock_is_the_right_one():
    assert date(2027, 7, 1) in public("CA", 2027)
    assert date(2028, 8, 7) not in public("CA", 2028)
    assert date(2026, 12, 28) in public("GB-ENG", 2026)
    assert public("", 2027) == frozenset()
