"""The ways through a plan, and how many mails lie on each: what staff are told of it at a glance."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from newsletter.sequences.plan.document import Plan, Step, StepKind

MOST_PATHS = 500
"""Ten branches behind one another already make a thousand ways; so many tell enough."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A step on somebody's way, and which of its branches they took."""

    step: Step
    is_yes: bool = False

    @property
    def is_mail(self) -> bool:
        return self.step.kind == StepKind.EMAIL


Path = tuple[Passed, ...]


@dataclass(frozen=True, slots=True)
class Length:
    """The mails and days of the usual way, and the most mails that anybody gets."""

    mails: int
    days: int
    most: int


def length(plan: Plan) -> Length:
    """How long a plan is for somebody to whom nothing happens that it waits for."""
    days = mail_days(usual(plan.steps))
    return Length(len(days), round(days[-1]) if days else 0, _most_mails(plan.steps, 0))


def usual(steps: Sequence[Step], then: Path = ()) -> Path:
    """The way on which nothing happens that is waited for; by who it is, or by lot, the one with more mails."""
    for step in reversed(steps):
        then = _usual_from(step, then)
    return then


def paths(steps: Sequence[Step]) -> list[Path]:
    """Every way from the beginning to an end, as far as they can be told."""
    return [path for path, _is_over in islice(_paths(tuple(steps)), MOST_PATHS)]


def mail_days(path: Path) -> list[float]:
    """On which day at the earliest each mail of a way goes: what is waited for, and happens, happens at once."""
    day, found = 0.0, []
    for passed in path:
        step = passed.step
        if step.kind == StepKind.UNTIL:
            day += 0 if passed.is_yes else step.days
        else:
            day += step.wait.days + step.wait.clock.total_seconds() / 86_400
        if passed.is_mail:
            found.append(day)
    return found


def _usual_from(step: Step, then: Path) -> Path:
    if step.kind == StepKind.END:
        return (Passed(step),)
    no = (Passed(step), *usual(step.no, then))
    if step.kind not in (StepKind.SPLIT, StepKind.LOT):
        return no
    yes = (Passed(step, is_yes=True), *usual(step.yes, then))
    return yes if _mails(yes) > _mails(no) else no


def _mails(path: Path) -> int:
    return sum(passed.is_mail for passed in path)


def _most_mails(steps: Sequence[Step], then: int) -> int:
    for step in reversed(steps):
        if step.kind == StepKind.END:
            then = 0
        else:
            then = max(_most_mails(step.yes, then), _most_mails(step.no, then)) + (step.kind == StepKind.EMAIL)
    return then


def _paths(steps: tuple[Step, ...]) -> Iterator[tuple[Path, bool]]:
    """Ways through a list, each with whether it ended there."""
    if not steps:
        yield (), False
        return
    first, rest = steps[0], steps[1:]
    for path, is_over in _through(first):
        if is_over:
            yield path, True
            continue
        for more, ends in _paths(rest):
            yield (*path, *more), ends


def _through(step: Step) -> Iterator[tuple[Path, bool]]:
    """The step itself, and what follows of it in each of its branches."""
    if not step.is_branching:
        yield (Passed(step),), step.kind == StepKind.END
        return
    for branch, is_yes in ((step.yes, True), (step.no, False)):
        for path, is_over in _paths(branch):
            yield (Passed(step, is_yes), *path), is_over
