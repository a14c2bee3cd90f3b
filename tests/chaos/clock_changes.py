"""The clocks go forward and back, 2026 to 2030, in Toronto, London and Sydney: nothing early, nothing twice.

Ten thousand schedules are laid across the gaps and folds, and a course is walked over each of them by ticks that
come twice an hour, each of them twice over. Steps go at the calendar's time, in the person's zone.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from newsletter.deliveries.models import Kind
from newsletter.models import Batch, Chunk, Delivery, Enrolment
from newsletter.sequences import services as sequences
from newsletter.sequences.schedule import Calendar, Wait, Window, next_moment
from tests.chaos import world
from tests.chaos.ground import Ground
from tests.chaos.verdict import Verdict

NAME = "clock_changes"
ABOUT = "plans across the clocks' changes, 2026 to 2030"
ZONES = ("America/Toronto", "Europe/London", "Australia/Sydney")
FIRST, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
FULL, QUICK = 10_000, 500
STEPS = 3

Scheduler = Callable[[datetime, int, Calendar, ZoneInfo], datetime]


def changes(zone: ZoneInfo) -> Iterator[datetime]:
    """The hours in which the clocks of this zone change."""
    hours = int((LAST - FIRST) / HOUR)
    for early, late in pairwise(FIRST + n * HOUR for n in range(hours)):
        if early.astimezone(zone).utcoffset() != late.astimezone(zone).utcoffset():
            yield early


@dataclass(frozen=True)
class Plan:
    """One step: counted from a moment near a change, a window that may lie across it."""

    after: datetime
    days: int
    calendar: Calendar
    zone: ZoneInfo

    @classmethod
    def at_random(cls, chance: random.Random, change: datetime, zone: ZoneInfo) -> "Plan":
        after = change + timedelta(minutes=chance.randrange(-4 * 24 * 60, 24 * 60))
        opens = chance.randrange(24 * 60 - 1)
        closes = chance.randrange(opens + 1, 24 * 60)
        weekdays = frozenset(chance.sample(range(7), chance.randrange(1, 8)))
        window = Window(weekdays, time(*divmod(opens, 60)), time(*divmod(closes, 60)))
        return cls(after, chance.randrange(5), Calendar(window), zone)

    def faults(self, schedule: Scheduler) -> list[str]:
        goes = schedule(self.after, self.days, self.calendar, self.zone)
        there, here = goes.astimezone(self.zone), self.after.astimezone(self.zone)
        waited = (there.date() - here.date()).days
        found = [] if goes >= self.after and waited >= self.days else ["early"]
        if waited == self.days and self.days and there.time() < here.time() and not is_behind_a_gap(there):
            found.append("early")
        if not self.calendar.window.allows(there, frozenset()):
            found.append("outside the window")
        return found


def is_behind_a_gap(local: datetime) -> bool:
    """Whether the hour before this one was skipped or came twice on that day."""
    midnight = datetime.combine(local.date(), time(0), tzinfo=local.tzinfo)
    return midnight.utcoffset() != (local + 2 * HOUR).utcoffset() or midnight.utcoffset() != local.utcoffset()


def ours(after: datetime, days: int, calendar: Calendar, zone: ZoneInfo) -> datetime:
    return next_moment(after, wait=Wait(days), calendar=calendar, zone=zone)


def naive(after: datetime, days: int, calendar: Calendar, zone: ZoneInfo) -> datetime:
    """A day has 24 hours, and a window opens so many hours after midnight."""
    moment = after + days * timedelta(days=1)
    while not calendar.window.is_open_on(moment.astimezone(zone).date(), frozenset()):
        moment += timedelta(days=1)
    midnight = datetime.combine(moment.astimezone(zone).date(), time(0), tzinfo=zone).astimezone(UTC)
    opens, closes = (timedelta(hours=at.hour, minutes=at.minute) for at in vars_of(calendar.window))
    return min(max(moment, midnight + opens), midnight + closes - timedelta(minutes=1))


def vars_of(window: Window) -> tuple[time, time]:
    return window.opens, window.closes


def lay(schedule: Scheduler, *, seed: int, count: int) -> Verdict:
    chance = random.Random(seed)
    near = [(change, ZoneInfo(name)) for name in ZONES for change in changes(ZoneInfo(name))]
    plans = [Plan.at_random(chance, *chance.choice(near)) for _ in range(count)]
    faults = Counter(fault for plan in plans for fault in plan.faults(schedule))
    verdict = Verdict({"changes": len(near), "schedules": count, "early": faults["early"]})
    verdict.must(not faults, f"{dict(faults)}")
    return verdict


def walk_across(change: datetime, zone: str, chance: random.Random) -> tuple[int, int]:
    """Walk ten people through a course across this change; how many steps came twice or early."""
    world.empty()
    world.clinic()
    people = world.leads(10)
    course = world.course(STEPS)
    world.enrol(people, course)
    begins = change - timedelta(hours=chance.randrange(24, 60))
    for lead in people:
        lead.time_zone = zone
        lead.save()
        due = begins + timedelta(minutes=chance.randrange(600))
        Enrolment.objects.filter(lead=lead).update(due_at=due, enrolled_at=begins)
    now = begins
    while now < begins + timedelta(days=STEPS + 1):
        for _ in range(2):
            sequences.advance(now)
        now += HOUR / 2
    return judge(ZoneInfo(zone))


def judge(zone: ZoneInfo) -> tuple[int, int]:
    """Each step once; and two steps of one person a calendar day apart or more."""
    names = Delivery.objects.filter(kind=Kind.STEP).values_list("id", "owner", "item").order_by("owner", "item")
    batch_of = dict(Chunk.objects.values_list("id", "batch_id"))
    planned_at = dict(Batch.objects.values_list("id", "planned_at"))
    days: dict[int, list[datetime]] = {}
    for one, owner, _ in names:
        days.setdefault(owner, []).append(planned_at[batch_of[one // 1000]].astimezone(zone))
    twice = sum(1 for times in Counter((owner, item) for _, owner, item in names).values() if times > 1)
    early = sum(1 for own in days.values() for a, b in pairwise(own) if (b.date() - a.date()).days < 1)
    missing = 0 if len(names) == 10 * STEPS else 1
    return twice + missing, early


def run(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    verdict = lay(ours, seed=seed, count=QUICK if quick else FULL)
    chance = random.Random(seed)
    walks = [(change, name) for name in ZONES for change in list(changes(ZoneInfo(name)))[: 1 if quick else None]]
    found = [walk_across(change, name, chance) for change, name in walks]
    twice, early = sum(one for one, _ in found), sum(one for _, one in found)
    verdict.figures |= {"courses walked": len(walks), "steps twice": twice, "steps early": early}
    verdict.must(not twice and not early, "a step came twice, early or not at all")
    return verdict


def control(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    return lay(naive, seed=seed, count=QUICK if quick else FULL)
