"""A plan as a page shows it: its rules in words, and its steps in reading order with the ways that branch off."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsletter.sequences.plan import words
from newsletter.sequences.plan.document import Plan, Step, StepKind
from newsletter.sequences.plan.editing import Place
from newsletter.sequences.plan.problems import AGAIN, ENTRY, GOAL, HOURS, TRIGGER, Problem
from newsletter.sequences.plan.words import Names

HOLDOUT = "holdout"

KINDS: Mapping[StepKind, Promise] = {
    StepKind.EMAIL: gettext_lazy("Mail"),
    StepKind.WAIT: gettext_lazy("Wait"),
    StepKind.UNTIL: gettext_lazy("Wait until something happens"),
    StepKind.SPLIT: gettext_lazy("Two ways, by who it is"),
    StepKind.LOT: gettext_lazy("Two ways, by lot"),
    StepKind.TAG: gettext_lazy("Put on or take off a tag"),
    StepKind.NOTIFY: gettext_lazy("Ask a person"),
    StepKind.HANDOVER: gettext_lazy("Go on with another sequence"),
    StepKind.END: gettext_lazy("End"),
}
COMMON = (StepKind.EMAIL, StepKind.WAIT)
"""What a newcomer needs; the other kinds stand behind “more”."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One of the two ways from a step: what leads into it, its steps, and the place behind the last of them."""

    step: int
    words: str
    name: str
    lines: list["Line"]
    place: Place


@dataclass(frozen=True, slots=True)
class Line:
    """A step: its number in reading order, in words, its place, what is wrong with it, how many stand before it."""

    number: int
    step: Step
    words: str
    place: Place
    branches: list[Branch]
    problems: list[Problem]
    waiting: int

    @property
    def name(self) -> str:
        """As its form is called."""
        return str(self.step.key)

    @property
    def has_people(self) -> bool:
        """Whether somebody stands in one of its branches."""
        lines = flat([line for branch in self.branches for line in branch.lines])
        return any(line.waiting for line in lines)

    @property
    def inner(self) -> int:
        """How many steps stand in its branches."""
        return sum(1 + line.inner for branch in self.branches for line in branch.lines)


@dataclass(frozen=True, slots=True)
class Rule:
    """What holds for the whole: the name of its form, its label, in words, and what is wrong with it."""

    name: str
    label: str
    words: str
    problems: list[Problem]
    is_rare: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What is to be said of single steps: problems by place, how many people stand before each by key."""

    problems: Sequence[Problem] = ()
    waiting: Mapping[int, int] = field(default_factory=dict)

    def of(self, where: int | str) -> list[Problem]:
        return [problem for problem in self.problems if problem.where == where]


def lines(plan: Plan, names: Names, said: Said) -> list[Line]:
    """The steps; each line holds those of its branches."""
    return _lines(plan.steps, Place(0), _Saying(names, said, count(1)))


def flat(of: Sequence[Line]) -> Iterator[Line]:
    """Every line in reading order."""
    for line in of:
        yield line
        for branch in line.branches:
            yield from flat(branch.lines)


def rules(plan: Plan, names: Names, said: Said) -> list[Rule]:
    """The rules in the order in which somebody meets them."""
    return [
        Rule(TRIGGER, _("Begins"), words.begins(plan.trigger, names), said.of(TRIGGER)),
        Rule(ENTRY, _("For"), _entry(plan, names), said.of(ENTRY)),
        Rule(AGAIN, _("How often"), words.again(plan), said.of(AGAIN)),
        Rule(GOAL, _("Ends when somebody"), _goal(plan, names), said.of(GOAL)),
        Rule(HOURS, _("Mails go"), _hours(plan), said.of(HOURS)),
        Rule(HOLDOUT, _("To compare"), _holdout(plan), [], is_rare=not plan.holdout),
    ]


@dataclass(frozen=True, slots=True)
class _Saying:
    names: Names
    said: Said
    numbers: Iterator[int]


def _lines(steps: Sequence[Step], first: Place, saying: _Saying) -> list[Line]:
    return [_line(step, Place(index, first.inside, first.is_yes), saying) for index, step in enumerate(steps)]


def _line(step: Step, place: Place, saying: _Saying) -> Line:
    return Line(
        next(saying.numbers),
        step,
        words.step(step, saying.names),
        place,
        [_branch(step, saying, is_yes=is_yes) for is_yes in (True, False)] if step.is_branching else [],
        saying.said.of(step.key),
        saying.said.waiting.get(step.key, 0),
    )


def _branch(step: Step, saying: _Saying, *, is_yes: bool) -> Branch:
    steps = step.yes if is_yes else step.no
    inner = _lines(steps, Place(0, step.key, is_yes), saying)
    leads = words.branch(step, saying.names, is_yes=is_yes)
    return Branch(step.key, leads, "yes" if is_yes else "no", inner, Place(len(steps), step.key, is_yes))


def _entry(plan: Plan, names: Names) -> str:
    if not plan.entry:
        return _("everybody who agreed to mail")
    return _("people %(said)s") % {"said": _(" and ").join(names.condition(one) for one in plan.entry)}


def _goal(plan: Plan, names: Names) -> str:
    return words.event(plan.goal, names) if plan.goal else _("has had all of it: there is no goal")


def _hours(plan: Plan) -> str:
    said = words.hours(plan.hours)
    said = _("%(hours)s, not on holidays and days off") % {"hours": said} if plan.keeps_holidays else said
    return (
        _("%(hours)s; the first at any hour to who has just asked for it") % {"hours": said} if plan.welcomes else said
    )


def _holdout(plan: Plan) -> str:
    if not plan.holdout:
        return _("nobody is left out")
    return _("%(share)d in 100 people get nothing") % {"share": plan.holdout}
