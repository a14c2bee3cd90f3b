"""A plan's steps one after the other: each with its place, and the places where the way may go on from it."""

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.sequences.plan.document import Step, every


@dataclass(frozen=True, slots=True)
class Placed:
    """A step at its place. From it the way goes on at `after`, or, where it branches, at `yes` or `no`.

    A place behind the last step is the end.
    """

    position: int
    step: Step
    after: int
    yes: int
    no: int


def flatten(steps: Sequence[Step]) -> list[Placed]:
    """In reading order: a step, its yes branch, its no branch, what follows."""
    return _placed(steps, 0, len(list(every(tuple(steps)))))


def _placed(steps: Sequence[Step], first: int, end: int) -> list[Placed]:
    """These steps from place `first` on, the last of which goes on at `end`."""
    found: list[Placed] = []
    sizes = [len(list(every((step,)))) for step in steps]
    for place, (step, size) in enumerate(zip(steps, sizes, strict=True)):
        is_last = place == len(steps) - 1
        after = end if is_last else first + size
        found += _one(step, first, after)
        first += size
    return found


def _one(step: Step, position: int, after: int) -> list[Placed]:
    yes = position + 1
    no = yes + len(list(every(step.yes)))
    placed = Placed(position, step, after, yes if step.yes else after, no if step.no else after)
    return [placed, *_placed(step.yes, yes, after), *_placed(step.no, no, after)]
