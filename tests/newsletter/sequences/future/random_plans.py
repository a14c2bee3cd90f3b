"""Plans, people and what they do, by chance: every kind of step, every kind of wait, windows, days off and zones."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count

from newsletter.sequences.future.script import Act, Deed
from newsletter.sequences.plan.document import Event, EventKind, Hours, Plan, Scarce, Step, StepKind
from newsletter.sequences.schedule import Wait

ZONES = ("", "America/Toronto", "Europe/London", "Australia/Sydney", "Asia/Kolkata", "America/St_Johns", "Mars/Olympus")
FIRST, LAST = datetime(2026, 2, 1, tzinfo=UTC), datetime(2030, 11, 1, tzinfo=UTC)
TAGS = ("knee", "hip", "back")
EMAILS = (1, 2, 3)
"""Which of the world's letters a step mails; their ids are put in when the plan is published."""
MOST_DEEP = 2


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


class Planner:
    """One plan by chance; every step has a key of its own."""

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.keys, self.hours = chance, count(1), window(chance)

    def plan(self) -> Plan:
        goal = self.chance.choice(
            (None, Event(EventKind.BOOKED), Event(EventKind.TAG, "hip"), Event(EventKind.CLICKED))
        )
        steps = self.steps(self.chance.randrange(2, 6), 0)
        return Plan(goal=goal, hours=self.hours, keeps_holidays=self.chance.random() < 0.8, steps=steps)

    def steps(self, most: int, depth: int) -> tuple[Step, ...]:
        return tuple(self.step(depth) for _ in range(most))

    def step(self, depth: int) -> Step:
        makers = [self.email] * 5 + [self.pause, self.tag, self.notify]
        if depth < MOST_DEEP:
            makers += [self.until, self.until, self.split, self.lot]
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
        events = (self.click(), self.click(), tagged, Event(EventKind.BOOKED), Event(EventKind.REPLIED))
        return Step(key, StepKind.UNTIL, event=self.chance.choice(events), days=self.chance.randrange(1, 5))

    def click(self) -> Event:
        """In any mail, or in one of the first steps, whatever it is."""
        return Event(EventKind.CLICKED, self.chance.choice(("", "", "1", "2")))

    def split(self, key: int) -> Step:
        about = {"name": "tagged", "value": self.chance.choice(TAGS), "not": self.chance.random() < 0.3}
        if self.chance.random() < 0.3:
            about = {"name": "signed_up_before", "value": "10", "not": False}
        return Step(key, StepKind.SPLIT, condition=about)

    def lot(self, key: int) -> Step:
        return Step(key, StepKind.LOT, share=self.chance.randrange(1, 100))

    def tag(self, key: int) -> Step:
        return Step(key, StepKind.TAG, tag=self.chance.choice(TAGS), adds=self.chance.random() < 0.7)

    def notify(self, key: int) -> Step:
        return Step(key, StepKind.NOTIFY, text="Call them.")

    def end(self, key: int) -> Step:
        return Step(key, StepKind.END)


def deeds(chance: random.Random, plan: Plan) -> list[Deed]:
    """What somebody does: after mails of this plan, or at some time after the beginning."""
    keys = [step.key for step in plan.emails]
    found = []
    for _ in range(chance.choice((0, 0, 1, 1, 2, 3))):
        delay = timedelta(minutes=chance.randrange(1, 4 * 24 * 60))
        act = chance.choice((Act.CLICKED, Act.CLICKED, Act.BOOKED, Act.REPLIED, Act.TAG, Act.TAG, Act.UNSUBSCRIBED))
        after = chance.choice([*keys, None]) if keys else None
        if act not in (Act.CLICKED, Act.REPLIED) or after is not None:
            found.append(Deed(act, after, delay, chance.choice(TAGS) if act == Act.TAG else ""))
    return found


def begins(chance: random.Random) -> datetime:
    return FIRST + timedelta(minutes=chance.randrange(int((LAST - FIRST).total_seconds() / 60)))


def days_off(chance: random.Random, around: datetime) -> set[date]:
    return {(around + timedelta(days=chance.randrange(20))).date() for _ in range(3)}
