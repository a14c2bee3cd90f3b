"""The plan as values, and as the JSON that it is kept as.

A step that branches holds the steps of its branches; from the end of a branch the way goes on with what follows the
step that branched. So a way only ever goes forward, and every plan comes to an end.

A draft may be unfinished: reading asks for the right shape only. What staff must still do is said by `problems`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import time
from enum import StrEnum
from typing import Any, Protocol

from newsletter.sequences.schedule import NO_WAIT, Wait

SCHEMA = 1
MOST_STEPS = 100
DEEPEST = 5
MOST_DAYS = 365
SAME_MAIL_DAYS = 180
"""So long after a mail the same one does not come with another way through the sequence, unless staff want it so."""
EVERY_DAY = frozenset(range(7))

Json = dict[str, Any]
Condition = Mapping[str, Any]
"""A condition of segments: {"name": str, "value": str, "not": bool}."""


class Unreadable(ValueError):
    """What was read is no plan; says where and why, for whoever made it."""


class StepKind(StrEnum):
    EMAIL = "email"
    WAIT = "wait"
    UNTIL = "until"
    SPLIT = "split"
    LOT = "lot"
    TAG = "tag"
    NOTIFY = "notify"
    HANDOVER = "handover"
    END = "end"


BRANCHING = frozenset({StepKind.UNTIL, StepKind.SPLIT, StepKind.LOT})


class EventKind(StrEnum):
    """What a way can wait for, and what can be a goal."""

    CLICKED = "clicked"
    BOOKED = "booked"
    ATTENDED = "attended"
    REPLIED = "replied"
    TAG = "tag"


class TriggerKind(StrEnum):
    """What begins a way."""

    CONSENT = "consent"
    TAG = "tag"
    QUESTION = "question"
    BOOKED = "booked"
    ATTENDED = "attended"
    CANCELLED = "cancelled"
    MISSED = "missed"
    BIRTHDAY = "birthday"
    VISIT = "visit"
    QUIET = "quiet"
    SEGMENT = "segment"
    HAND = "hand"


ASKED_FOR = frozenset({TriggerKind.CONSENT, TriggerKind.QUESTION, TriggerKind.BOOKED})
"""What somebody does to hear from us, and now: to confirm, to ask, to book. They look for the first mail at once."""

OCCASIONS = frozenset(
    {
        TriggerKind.QUESTION,
        TriggerKind.BOOKED,
        TriggerKind.ATTENDED,
        TriggerKind.CANCELLED,
        TriggerKind.MISSED,
        TriggerKind.BIRTHDAY,
        TriggerKind.VISIT,
    }
)
"""What begins a way that is about something of its own: a question, an appointment, a visit, a birthday's year."""


class Again(StrEnum):
    """Whether somebody may come a second time."""

    NEVER = "never"
    DAYS = "days"
    OCCASION = "occasion"


@dataclass(frozen=True, slots=True)
class Hours:
    """When mail may go: on these weekdays (Monday is 0), from `opens` up to `closes`, by the reader's clock.

    `keeps_holidays` is for the hours of a single step: whether it goes on days off; None as the whole plan does.
    """

    weekdays: frozenset[int] = EVERY_DAY
    opens: time = time(9)
    closes: time = time(18)
    keeps_holidays: bool | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """`value`: the tag, the kind of booking; of a click the key of the mail, and behind it the address of the link."""

    kind: EventKind = EventKind.CLICKED
    value: str = ""

    @property
    def mail(self) -> str:
        """The key of the mail that a click is to be in; nothing where any will do."""
        return self.value.partition(" ")[0]

    @property
    def link(self) -> str:
        """The address that a click is to lead to; nothing where any link of the mail will do."""
        return self.value.partition(" ")[2]

    def is_reached_by(self, other: "Event") -> bool:
        """Whether what happened is this goal: without a value any of the kind is.

        A click of which nobody says where it leads to is taken for the one that is wanted.
        """
        if self.kind == other.kind == EventKind.CLICKED and not other.link:
            return self.mail in ("", other.mail)
        return self.kind == other.kind and self._wanted in ("", other._wanted)  # noqa: SLF001

    @property
    def _wanted(self) -> str:
        return " ".join(self.value.split()).lower()


@dataclass(frozen=True, slots=True)
class Scarce:
    """What an invitation does while fewer than `fewer` free calls are left in the next `days`: wait, or say it so."""

    fewer: int
    days: int
    email: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One thing in a plan. `key` names it for ever; each kind uses the fields that OPTIONS names for it."""

    key: int
    kind: StepKind
    wait: Wait = NO_WAIT
    hours: Hours | None = None
    email: int | None = None
    scarce: Scarce | None = None
    event: Event | None = None
    days: int = 0
    condition: Condition | None = None
    share: int = 50
    tag: str = ""
    adds: bool = True
    text: str = ""
    sequence: int | None = None
    yes: tuple["Step", ...] = ()
    no: tuple["Step", ...] = ()

    @property
    def is_branching(self) -> bool:
        return self.kind in BRANCHING


OPTIONS: Mapping[StepKind, tuple[str, ...]] = {
    StepKind.EMAIL: ("wait", "hours", "email", "scarce"),
    StepKind.WAIT: ("wait",),
    StepKind.UNTIL: ("event", "days", "yes", "no"),
    StepKind.SPLIT: ("condition", "yes", "no"),
    StepKind.LOT: ("share", "yes", "no"),
    StepKind.TAG: ("tag", "adds"),
    StepKind.NOTIFY: ("text",),
    StepKind.HANDOVER: ("sequence",),
    StepKind.END: (),
}


@dataclass(frozen=True, slots=True)
class Trigger:
    """`value`: the tag, the segment, the topic or source of a consent. `number`: months, or days of silence."""

    kind: TriggerKind = TriggerKind.HAND
    value: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """`holdout` is the share, in per cent, of those who would enter and get nothing, to see what the mails bring.

    Who comes again after some days gets no mail that they had half a year ago or less, unless it `again_repeats` them.
    """

    trigger: Trigger = Trigger()
    entry: tuple[Condition, ...] = ()
    again: Again = Again.NEVER
    again_days: int = 0
    again_repeats: bool = False
    goal: Event | None = None
    hours: Hours = field(default_factory=Hours)
    keeps_holidays: bool = True
    holdout: int = 0
    steps: tuple[Step, ...] = ()

    def every(self) -> Iterator[Step]:
        """Every step, in reading order."""
        yield from every(self.steps)

    def find(self, key: int) -> Step | None:
        return next((step for step in self.every() if step.key == key), None)

    def about(self, occasion: int) -> int:
        """What a way is about that one about this hands over to: the same, where people come once for each."""
        return occasion if self.again == Again.OCCASION else 0

    @property
    def welcomes(self) -> bool:
        """Whether its first mail goes at any hour to those who ask for it."""
        return self.trigger.kind in ASKED_FOR and bool(self.steps) and is_at_once(self.steps[0])

    @property
    def repeats(self) -> bool:
        """Whether a mail may come again so soon: ways about an appointment or a question say the same of another."""
        return self.again != Again.DAYS or self.again_repeats or self.again_days >= SAME_MAIL_DAYS

    @property
    def emails(self) -> list[Step]:
        return [step for step in self.every() if step.kind == StepKind.EMAIL]


class Timed(Protocol):
    """A step, as it is planned or as it is published."""

    @property
    def kind(self) -> StepKind: ...

    @property
    def wait(self) -> Wait: ...

    @property
    def hours(self) -> Hours | None: ...


def is_at_once(step: Timed) -> bool:
    """A mail without a wait, and without hours of its own."""
    return step.kind == StepKind.EMAIL and step.wait.is_nothing and step.hours is None


def every(steps: tuple[Step, ...]) -> Iterator[Step]:
    for step in steps:
        yield step
        yield from every(step.yes)
        yield from every(step.no)


def write(plan: Plan) -> Json:
    """The plan as JSON; `read` gives it back as it was."""
    return {"schema": SCHEMA, **_written(plan, [one.name for one in fields(plan)])}


def write_step(step: Step) -> Json:
    return {"key": step.key, "kind": step.kind.value, **_written(step, OPTIONS[step.kind])}


def _written(value: Any, names: "list[str] | tuple[str, ...]") -> Json:
    return {name: _plain(getattr(value, name)) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, Step):
        return write_step(value)
    if isinstance(value, (Wait, Hours, Event, Scarce, Trigger)):
        return _written(value, [one.name for one in fields(value)])
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return dict(value) if isinstance(value, Mapping) else value
