"""The clocks go forward and back, 2026 to 2030, in seven zones: nothing early, nothing missed, nothing twice.

Ten thousand schedules are laid across the gaps and folds: days, hours, minutes, times of day, windows, days off. Each
is compared with a clock that is watched minute by minute. And a course is walked over each change by ticks that come
twice an hour, each of them twice over. Steps go at the calendar's time, in the person's zone. So does a campaign whose
time of day, where each reader lives, lies in the hours around the change, and may be shown twice there or never.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle, pairwise
from zoneinfo import ZoneInfo

from clinic import queries as clinic
from leads.models import Lead
from newsletter.campaigns import services as campaigns
from newsletter.campaigns.models import Timing
from newsletter.campaigns.moments import When
from newsletter.campaigns.services import Draft
from newsletter.content.services import Wording
from newsletter.deliveries.models import Kind
from newsletter.models import Batch, Chunk, Delivery, Enrolment
from newsletter.sequences import services as sequences
from newsletter.sequences.schedule import Calendar, Wait, Window, next_moment
from tests.chaos import world
from tests.chaos.ground import Ground
from tests.chaos.verdict import Verdict
from tests.factories import mail
from tests.newsletter.sequences.course import hand_over

NAME = "clock_changes"
ABOUT = "plans across the clocks' changes, 2026 to 2030"
ZONES = ("America/Toronto", "Europe/London", "Australia/Sydney")
MORE_ZONES = (*ZONES, "America/St_Johns", "Australia/Lord_Howe", "America/Santiago", "Africa/Cairo")
"""Half an hour off, half an hour's change, and changes at midnight."""
FIRST, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
A_DAY = timedelta(days=1)
FULL, QUICK = 10_000, 500
FAULTS = ("early", "missed", "outside the window")
STEPS = 3

Scheduler = Callable[[datetime, Wait, Calendar, ZoneInfo], datetime]


def changes(zone: ZoneInfo) -> Iterator[datetime]:
    """The hours in which the clocks of this zone change."""
    hours = int((LAST - FIRST) / HOUR)
    for early, late in pairwise(FIRST + n * HOUR for n in range(hours)):
        if early.astimezone(zone).utcoffset() != late.astimezone(zone).utcoffset():
            yield early


@dataclass(frozen=True)
class Plan:
    """One step: counted from a moment near a change, with a window that may lie across it."""

    after: datetime
    wait: Wait
    calendar: Calendar
    zone: ZoneInfo

    @classmethod
    def at_random(cls, chance: random.Random, change: datetime, zone: ZoneInfo) -> "Plan":
        after = change + timedelta(minutes=chance.randrange(-4 * 24 * 60, 24 * 60))
        opens = chance.randrange(24 * 60 - 1)
        closes = chance.randrange(opens + 1, 24 * 60)
        weekdays = frozenset(chance.sample(range(7), chance.randrange(1, 8)))
        days_off = frozenset((change + A_DAY * chance.randrange(-3, 4)).date() for _ in range(chance.randrange(3)))
        window = Window(weekdays, time(*divmod(opens, 60)), time(*divmod(closes, 60)))
        at = time(*divmod(chance.randrange(opens, closes), 60)) if chance.random() < 1 / 3 else None
        wait = Wait(chance.randrange(5), chance.choice((0, 0, 1, 5, 23)), chance.choice((0, 0, 1, 30, 59)), at)
        return cls(after, wait, Calendar(window, days_off), zone)

    def faults(self, schedule: Scheduler) -> list[str]:
        goes = schedule(self.after, self.wait, self.calendar, self.zone)
        waited = self._waited()
        first = self._first_open(waited)
        found = ["early"] if goes < first else ["missed"] if goes > first else []
        if not self.calendar.window.is_open_on(goes.astimezone(self.zone).date(), self.calendar.days_off):
            found.append("outside the window")
        if not self._is_within(goes):
            found.append("outside the window")
        return found

    def _waited(self) -> datetime:
        """When the wait is over: that many dates later the clock shows the same time, then hours and minutes pass."""
        here = self.after.astimezone(self.zone)
        moment = self.after
        if self.wait.days:
            last = here.date() + self.wait.days * A_DAY
            moment = max(self.after, datetime.combine(last, time(0), tzinfo=UTC) - 15 * HOUR)
            moment = next(now for now in self._minutes(moment) if self._passes(now, here.time(), last))
        return moment + self.wait.clock

    def _first_open(self, waited: datetime) -> datetime:
        """The first minute from then on at which mail may go: at its time of day, or inside the window."""
        window, off = self.calendar.window, self.calendar.days_off
        if self.wait.at is None and window.allows(waited.astimezone(self.zone), off):
            return waited
        clock = self.wait.at or window.opens
        for now in self._minutes(waited):
            local = now.astimezone(self.zone)
            is_open = window.is_open_on(local.date(), off)
            is_inside = self.wait.at is not None or window.allows(local, off)
            if (
                is_open
                and is_inside
                and (self._passes(now, clock, local.date()) or (now == waited and is_at(local, clock)))
            ):
                return now
        raise AssertionError("No minute in two months lets it go.")

    def _minutes(self, first: datetime) -> Iterator[datetime]:
        return (first + number * MINUTE for number in range(60 * 24 * 60))

    def _passes(self, now: datetime, clock: time, day: date) -> bool:
        """Whether the clock comes to show this time, or jumps over it, at this minute of this day, going forward."""
        local, before = (moment.astimezone(self.zone).replace(tzinfo=None) for moment in (now, now - MINUTE))
        meant = datetime.combine(day, clock)
        return before < meant <= local and local.date() == day

    def _is_within(self, goes: datetime) -> bool:
        local = goes.astimezone(self.zone)
        return self.wait.at is not None or self.calendar.window.allows(local, self.calendar.days_off)


def is_at(local: datetime, clock: time) -> bool:
    return local.time().replace(fold=0) == clock


def ours(after: datetime, wait: Wait, calendar: Calendar, zone: ZoneInfo) -> datetime:
    return next_moment(after, wait=wait, calendar=calendar, zone=zone)


def naive(after: datetime, wait: Wait, calendar: Calendar, zone: ZoneInfo) -> datetime:
    """A day has 24 hours, and a window opens so many hours after midnight."""
    moment = after + wait.days * A_DAY + wait.clock
    while not calendar.window.is_open_on(moment.astimezone(zone).date(), calendar.days_off):
        moment += A_DAY
    midnight = datetime.combine(moment.astimezone(zone).date(), time(0), tzinfo=zone).astimezone(UTC)
    opens, closes = (timedelta(hours=at.hour, minutes=at.minute) for at in vars_of(calendar.window))
    return min(max(moment, midnight + opens), midnight + closes - timedelta(minutes=1))


def vars_of(window: Window) -> tuple[time, time]:
    return window.opens, window.closes


def lay(schedule: Scheduler, *, seed: int, count: int) -> Verdict:
    chance = random.Random(seed)
    near = [(change, ZoneInfo(name)) for name in MORE_ZONES for change in changes(ZoneInfo(name))]
    plans = [Plan.at_random(chance, *chance.choice(near)) for _ in range(count)]
    faults = Counter(fault for plan in plans for fault in plan.faults(schedule))
    verdict = Verdict({"changes": len(near), "schedules": count, **{one: faults[one] for one in FAULTS}})
    verdict.must(not faults, f"{dict(faults)}")
    return verdict


def walk_across(change: datetime, zone: str, chance: random.Random) -> Counter[str]:
    """Walk ten people through a course across this change, whose mails leave at once; what was wrong, and how often."""
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
        hand_over(now)
        now += HOUR / 2
    return judge(ZoneInfo(zone))


def judge(zone: ZoneInfo) -> Counter[str]:
    """Each step once; and two steps of one person a calendar day apart or more."""
    names = Delivery.objects.filter(kind=Kind.STEP).values_list("id", "owner", "item").order_by("owner", "item")
    batch_of = dict(Chunk.objects.values_list("id", "batch_id"))
    planned_at = dict(Batch.objects.values_list("id", "planned_at"))
    days: dict[int, list[datetime]] = {}
    for one, owner, _ in names:
        days.setdefault(owner, []).append(planned_at[batch_of[one // 1000]].astimezone(zone))
    twice = sum(1 for times in Counter((owner, item) for _, owner, item in names).values() if times > 1)
    early = sum(1 for own in days.values() for a, b in pairwise(own) if (b.date() - a.date()).days < 1)
    missing = 10 * STEPS - len({(owner, item) for _, owner, item in names})
    return Counter({"steps twice": twice, "steps missing": missing, "steps early": early})


def send_across(change: datetime, changing: str, chance: random.Random) -> Counter[str]:
    """Plan a campaign for a time of day near this change, for readers in all zones; what was wrong, and how often."""
    world.empty()
    owner = world.clinic()
    people = world.leads(2 * len(MORE_ZONES))
    for lead, zone in zip(people, cycle(MORE_ZONES), strict=False):
        lead.time_zone = zone
    Lead.objects.bulk_update(people, ["time_zone"])
    shown = change.astimezone(ZoneInfo(changing)).replace(tzinfo=None) + chance.randrange(-60, 120) * MINUTE
    goes_at = shown.replace(tzinfo=clinic.zone()).astimezone(UTC)
    now = goes_at - 2 * A_DAY
    draft = Draft("Across", Wording("Across", "From Monday on", world.LETTER))
    letter = campaigns.create(draft, by=owner, now=now)
    mail.tried(letter, owner, at=now)
    campaigns.schedule(letter, at=When(goes_at, Timing.LEAD_ZONE), by=owner, now=now)
    while now < goes_at + 2 * A_DAY:
        for _ in range(2):
            campaigns.start_due(now)
        now += HOUR / 2
    return judge_letters(goes_at, {lead.pk: ZoneInfo(lead.time_zone) for lead in people})


def judge_letters(goes_at: datetime, zones: dict[int, ZoneInfo]) -> Counter[str]:
    """One for each reader, due when their clock first shows the time or jumps over it: a plan is later by a tick."""
    chunks = {one.pk: (one.due_at, one.batch.planned_at) for one in Chunk.objects.select_related("batch")}
    letters = world.letters().filter(kind=Kind.CAMPAIGN).values_list("lead_id", "id")
    found = Counter({"letters missing": len(zones.keys() - dict(letters).keys())})
    found["letters twice"] = len(letters) - len(dict(letters))
    for lead, one in letters:
        due_at, planned_at = chunks[one // 1000]
        meant = first_shown(goes_at, zones[lead or 0])
        found["letters early"] += due_at < meant
        found["letters late"] += due_at > max(meant, planned_at)
    return found


def first_shown(goes_at: datetime, zone: ZoneInfo) -> datetime:
    """The first minute at which clocks there show what those at home show at that moment, or have jumped over it."""
    home = clinic.zone()
    if zone.key == home.key:
        return goes_at
    shown = goes_at.astimezone(home).replace(tzinfo=None, fold=0)
    now = shown.replace(tzinfo=UTC) - 15 * HOUR
    while now.astimezone(zone).replace(tzinfo=None, fold=0) < shown:
        now += MINUTE
    return now


def run(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    verdict = lay(ours, seed=seed, count=QUICK if quick else FULL)
    chance = random.Random(seed)
    walks = [(change, name) for name in ZONES for change in list(changes(ZoneInfo(name)))[: 1 if quick else None]]
    found: Counter[str] = Counter()
    for change, name in walks:
        found.update(walk_across(change, name, chance))
    across = [(change, name) for name in MORE_ZONES for change in list(changes(ZoneInfo(name)))[: 1 if quick else None]]
    for change, name in across:
        found.update(send_across(change, name, chance))
    verdict.figures |= {"courses walked": len(walks), "campaigns sent": len(across), **found}
    verdict.must(not any(found.values()), "a step or a letter came twice, at another time or not at all")
    return verdict


def control(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    return lay(naive, seed=seed, count=QUICK if quick else FULL)
