"""The ways through a plan, and how many mails lie on each: what staff are told of it at a glance."""

from collections.abc import Iterator, Sequence
from itertools import islice

from newsletter.sequences.plan.document import Plan, Step, StepKind

MOST_PATHS = 500
"""Ten branches behind one another already make a thousand ways; so many tell enough."""


def paths(steps: Sequence[Step]) -> list[list[Step]]:
    """Every way from the beginning to an end, as far as they can be told; each with the steps that it passes."""
    return [path for path, _is_over in islice(_paths(tuple(steps)), MOST_PATHS)]


def mail_days(path: Sequence[Step], *, is_patient: bool = True) -> list[float]:
    """On which day each mail of a way goes, from its beginning, where nothing else holds it.

    `is_patient`: what is waited for comes at the very end of its time; else at once.
    """
    day, found = 0.0, []
    for step in path:
        if step.kind == StepKind.UNTIL:
            day += step.days if is_patient else 0
        else:
            day += step.wait.days + step.wait.clock.total_seconds() / 86_400
        if step.kind == StepKind.EMAIL:
            found.append(day)
    return found


def mails_and_days(plan: Plan) -> tuple[int, int]:
    """The most mails that anybody gets, and the most days that it takes to the last of them."""
    days = [mail_days(path) for path in paths(plan.steps)]
    return max(map(len, days), default=0), round(max((one[-1] for one in days if one), default=0))


def _paths(steps: tuple[Step, ...]) -> Iterator[tuple[list[Step], bool]]:
    """Ways through a list, each with whether it ended there."""
    if not steps:
        yield [], False
        return
    first, rest = steps[0], steps[1:]
    for path, is_over in _through(first):
        if is_over:
            yield [first, *path], True
            continue
        for more, ends in _paths(rest):
            yield [first, *path, *more], ends


def _through(step: Step) -> Iterator[tuple[list[Step], bool]]:
    if step.kind == StepKind.END:
        yield [], True
    elif step.is_branching:
        yield from _paths(step.yes)
        yield from _paths(step.no)
    else:
        yield [], False
