"""Plans, people and what they do, by chance: every kind of step, every kind of wait, windows, days off and zones."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any

from newsletter.sequences.future.script import Act, Deed
from newsletter.sequences.plan.document import Again, Event, EventKind, Hours, Plan, Scarce, Step, StepKind
from newsletter.sequences.schedule import Wait

ZONES = ("", "America/Toronto", "Europe/London", "Australia/Sydney", "Asia/Kolkata", "America/St_Johns", "Mars/Olympus")
FIRST, LAST = datetime(2026, 2, 1, tzinfo=UTC), datetime(2030, 11, 1, tzinfo=UTC)
TAGS = ("knee", "hip", "back")
EMAILS = (1, 2, 3)
"""Which of the world's letters a step mails; their ids are put in when the plan is published."""
MOST_DEEP = 2
CHANGES = ((3, 14), (3, 31), (4, 7), (10, 31), (11, 7))
"""Days near which clocks change: in Canada, in Europe, in Australia."""


def window(chance: random.Random) -> Hours:
    opens = chance.randrange(0, 20 * 60, 15)
    closes = chance.randrange(opens + 60, 24 * 60, 15)
    days = frozenset(chance.sample(range(7), chance.randrange(1, 8)))
    return Hours(days, time(*divmod(opens, 60)), time(*divmod(closes, 60)))


def wait(chance: random.Random, hours: Hours | None = None) -> Wait:
    at = None
    if chance.random() < 0.25:
        first, last = (hours.opens, hours.closes) if hours else (time(0), time(23, 59))
        minutes = chance.randrange(first.hour * 60 + first.minute, last.hour * 60 + last.minute)
        at = time(*divmod(minutes, 60))
    days = chance.choice((0, 0, 1, 1, 2, 3, 5))
    return Wait(days, chance.choice((0, 0, 0, 5, 23)), chance.choice((0, 0, 1, 45)), at)


GOALS = (
    None,
    None,
    Event(EventKind.BOOKED),
    Event(EventKind.BOOKED, "phone"),
    Event(EventKind.TAG, "hip"),
    Event(EventKind.CLICKED),
    Event(EventKind.REPLIED),
    Event(EventKind.ATTENDED),
)


class Planner:
    """One plan by chance; every step has a key of its own. `targets`: sequences that it may hand over to, and `names`
    those about which it may ask whether somebody is, was or has finished in them.

    Nobody can know the lots of a way that does not exist yet: a plan that is only handed over to has none.
    """

    def __init__(
        self, chance: random.Random, targets: Sequence[int] = (), *, names: Sequence[str] = (), is_target: bool = False
    ) -> None:
        self.chance, self.keys, self.hours, self.names = chance, count(1), window(chance), names
        self.targets, self.is_target = targets, is_target

    def plan(self) -> Plan:
        steps = self.steps(self.chance.randrange(2, 6), 0)
        if self.targets and self.chance.random() < 0.6:
            steps = (*steps, self.hand_over(next(self.keys)))
        holidays = self.chance.random() < 0.8
        found = Plan(goal=self.chance.choice(GOALS), hours=self.hours, keeps_holidays=holidays, steps=steps)
        return replace(found, **self.rules()) if self.is_target else found

    def rules(self) -> dict[str, Any]:
        """Who may come in, and again."""
        about = {"name": "tagged", "value": self.chance.choice(TAGS), "not": self.chance.random() < 0.7}
        return {
            "again": self.chance.choice(list(Again)),
            "again_days": self.chance.choice((10, 30)),
            "again_repeats": self.chance.random() < 0.3,
            "entry": (self.course() or about,) if self.chance.random() < 0.3 else (),
            "holdout": self.chance.choice((0, 0, 0, 30)),
        }

    def course(self) -> dict[str, Any] | None:
        """Whether somebody is in a sequence, was, or finished it; None by chance, or where there is none."""
        if not self.names or self.chance.random() < 0.5:
            return None
        asked = self.chance.choice(("in_course", "was_in_course", "finished_course"))
        return {"name": asked, "value": self.chance.choice(self.names), "not": self.chance.random() < 0.5}

    def steps(self, most: int, depth: int) -> tuple[Step, ...]:
        return tuple(self.step(depth) for _ in range(most))

    def step(self, depth: int) -> Step:
        makers = [self.email] * 5 + [self.pause, self.tag, self.notify]
        if depth < MOST_DEEP:
            makers += [self.until, self.until, self.split] + [self.lot] * (not self.is_target)
        if self.targets:
            makers += [self.hand_over]
        if depth:
            makers.append(self.end)
        made = self.chance.choice(makers)(next(self.keys))
        if not made.is_branching:
            return made
        yes, no = (self.steps(self.chance.randrange(3), depth + 1) for _ in range(2))
        return replace(made, yes=yes, no=no)

    def email(self, key: int) -> Step:
        hours = window(self.chance) if self.chance.random() < 0.2 else None
        scarce = None
        if self.chance.random() < 0.15:
            scarce = Scarce(2, 7, self.chance.choice((None, self.chance.choice(EMAILS))))
        length = wait(self.chance, hours or self.hours)
        return Step(key, StepKind.EMAIL, wait=length, hours=hours, email=self.chance.choice(EMAILS), scarce=scarce)

    def pause(self, key: int) -> Step:
        length = wait(self.chance)
        return Step(key, StepKind.WAIT, wait=Wait(days=1) if length.is_nothing else length)

    def until(self, key: int) -> Step:
        tagged = Event(EventKind.TAG, self.chance.choice(TAGS))
        booked = Event(EventKind.BOOKED, self.chance.choice(("", "free_call", "phone")))
        events = (self.click(), self.click(), tagged, booked, Event(EventKind.REPLIED), Event(EventKind.ATTENDED))
        return Step(key, StepKind.UNTIL, event=self.chance.choice(events), days=self.chance.randrange(1, 5))

    def click(self) -> Event:
        """In any mail, or in one of the first steps, whatever it is."""
        return Event(EventKind.CLICKED, self.chance.choice(("", "", "1", "2")))

    def split(self, key: int) -> Step:
        about = {"name": "tagged", "value": self.chance.choice(TAGS), "not": self.chance.random() < 0.3}
        if self.chance.random() < 0.3:
            about = {"name": "signed_up_before", "value": "10", "not": False}
        elif self.chance.random() < 0.2:
            about = {"name": "attended", "value": "", "not": self.chance.random() < 0.3}
        elif self.chance.random() < 0.4:
            about = self.course() or about
        return Step(key, StepKind.SPLIT, condition=about)

    def lot(self, key: int) -> Step:
        return Step(key, StepKind.LOT, share=self.chance.randrange(1, 100))

    def tag(self, key: int) -> Step:
        return Step(key, StepKind.TAG, tag=self.chance.choice(TAGS), adds=self.chance.random() < 0.7)

    def notify(self, key: int) -> Step:
        return Step(key, StepKind.NOTIFY, text="Call them.")

    def hand_over(self, key: int) -> Step:
        return Step(key, StepKind.HANDOVER, sequence=self.chance.choice(self.targets))

    def end(self, key: int) -> Step:
        return Step(key, StepKind.END)


ACTS = {
    EventKind.CLICKED: Act.CLICKED,
    EventKind.BOOKED: Act.BOOKED,
    EventKind.ATTENDED: Act.ATTENDED,
    EventKind.REPLIED: Act.REPLIED,
    EventKind.TAG: Act.TAG,
}
NEEDS_A_MAIL = (Act.CLICKED, Act.REPLIED)
ANYTHING = (*Act, Act.CLICKED, Act.TAG)
OCCASIONS = (0, 1, 2)
"""What ways are about, if anything: calls of which nothing is known but their numbers."""


def deeds(chance: random.Random, plan: Plan) -> list[Deed]:
    """What somebody does: much of what the plan waits for, and some of what it does not.

    They book once: who says so again within weeks has not booked twice.
    """
    keys = [step.key for step in plan.emails]
    found = [_waited_for(chance, plan, step) for step in plan.every() if step.event and chance.random() < 0.6]
    for _ in range(chance.choice((0, 0, 1, 1, 2, 3))):
        delay = timedelta(minutes=chance.randrange(1, 4 * 24 * 60))
        act = chance.choice(ANYTHING)
        after = chance.choice([*keys, None]) if keys else None
        value = {Act.TAG: chance.choice(TAGS), Act.BOOKED: "free_call"}.get(act, "")
        found.append(Deed(act, after, delay, value))
    once = [deed for deed in found if deed.act == Act.BOOKED][1:]
    return [deed for deed in found if (deed.act not in NEEDS_A_MAIL or deed.after is not None) and deed not in once]


def _waited_for(chance: random.Random, plan: Plan, step: Step) -> Deed:
    """Something that a step waits for, not long after a mail before it."""
    before = [one.key for one in plan.emails if one.key < step.key]
    after = chance.choice(before[-2:]) if before else None
    event = step.event or Event()
    if event.kind == EventKind.CLICKED and event.value:
        after = int(event.value) if int(event.value) in before else None
    value = {EventKind.TAG: event.value, EventKind.BOOKED: "free_call"}.get(event.kind, "")
    return Deed(ACTS[event.kind], after, timedelta(minutes=chance.randrange(10, 2 * 24 * 60)), value)


def begins(chance: random.Random) -> datetime:
    """At any time in five years; every second time shortly before clocks change somewhere."""
    if chance.random() < 0.5:
        change = datetime(chance.randrange(2026, 2031), *chance.choice(CHANGES), tzinfo=UTC)
        return change - timedelta(minutes=chance.randrange(8 * 24 * 60))
    return FIRST + timedelta(minutes=chance.randrange(int((LAST - FIRST).total_seconds() / 60)))


def campaigns(chance: random.Random, begins: datetime) -> list[datetime]:
    """When campaigns go to somebody: to most people none do, and two to some."""
    days = range(chance.choice((0, 0, 1, 2)))
    return sorted(begins + timedelta(minutes=chance.randrange(1, 15 * 24 * 60)) for _ in days)


def days_off(chance: random.Random, around: datetime) -> set[date]:
    return {(around + timedelta(days=chance.randrange(20))).date() for _ in range(3)}
