"""What can be done to a plan, as functions from a plan to a plan: nothing is kept here, nothing is looked up.

A place is the top of the plan or a branch of a step, and how many steps of it come before. Every step is named by its
key; what is inserted brings a key that was never used before (see `fresh`).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count

from django.utils.translation import gettext as _

from newsletter.sequences.plan.document import DEEPEST, MOST_STEPS, Plan, Step, every

Steps = tuple[Step, ...]

WRITTEN = re.compile(r"(?:top|(?P<inside>\d{1,5})-(?P<branch>yes|no))-(?P<index>\d{1,3})", re.ASCII)


class NotPossible(Exception):
    """It cannot be done to this plan; says why, for staff."""


@dataclass(frozen=True, slots=True)
class Place:
    """Before the step number `index` (from zero) of a branch of the step `inside`, or of the plan where that is 0."""

    index: int
    inside: int = 0
    is_yes: bool = True

    def __str__(self) -> str:
        return f"{self.inside}-{'yes' if self.is_yes else 'no'}-{self.index}" if self.inside else f"top-{self.index}"

    @classmethod
    def read(cls, words: str) -> "Place":
        """The place that `str` wrote; raises NotPossible."""
        found = WRITTEN.fullmatch(words)
        if found is None:
            raise NotPossible(_("There is no such place in the plan."))
        return cls(int(found["index"]), int(found["inside"] or 0), found["branch"] != "no")


def fresh(plan: Plan, used: int = 0) -> int:
    """A key for a new step; `used` is the largest that this sequence ever had elsewhere."""
    return max([used, *(step.key for step in plan.every())]) + 1


def places(plan: Plan) -> list[Place]:
    """Everywhere a step can stand, in reading order."""
    return list(_places(plan.steps, 0, is_yes=True))


def place_of(plan: Plan, key: int) -> Place:
    """Where the step stands; raises NotPossible."""
    found = _place_of(plan.steps, key, 0, is_yes=True)
    if found is None:
        raise _gone()
    return found


def insert(plan: Plan, step: Step, place: Place) -> Plan:
    """Put a step in; raises NotPossible."""
    if plan.find(step.key) is not None:
        raise NotPossible(_("This step is in the plan already."))
    return _checked(_inserted(plan, step, place))


def remove(plan: Plan, key: int) -> Plan:
    """Take a step out, with what stands in its branches; raises NotPossible."""
    at = place_of(plan, key)
    return _edited(plan, at, lambda steps: steps[: at.index] + steps[at.index + 1 :])


def move(plan: Plan, key: int, place: Place) -> Plan:
    """Put a step, with its branches, to a place that is told as the plan stands before; raises NotPossible."""
    step, at = _step(plan, key), place_of(plan, key)
    if any(inner.key == place.inside for inner in every((step,))):
        raise NotPossible(_("A step cannot stand inside itself."))
    is_behind = (place.inside, place.is_yes) == (at.inside, at.is_yes) and place.index > at.index
    to = replace(place, index=place.index - 1) if is_behind else place
    return _checked(_inserted(remove(plan, key), step, to))


def shift(plan: Plan, key: int, by: int) -> Plan:
    """One place up (-1) or down (1) in reading order, into branches and out of them; raises NotPossible."""
    step, at, rest = _step(plan, key), place_of(plan, key), remove(plan, key)
    ways = places(rest)
    start = ways.index(at)
    for to in ways[start + 1 :] if by > 0 else reversed(ways[:start]):
        moved = _inserted(rest, step, to)
        if _depth(moved.steps) <= DEEPEST:
            return moved
    raise NotPossible(_("It is the last one already.") if by > 0 else _("It is the first one already."))


def duplicate(plan: Plan, key: int, first: int) -> Plan:
    """Put a copy below a step; it and the steps in its branches get keys from `first` on. Raises NotPossible."""
    at, keys = place_of(plan, key), count(first)
    copy = _renamed(_step(plan, key), keys)
    return _checked(_inserted(plan, copy, replace(at, index=at.index + 1)))


def change(plan: Plan, step: Step) -> Plan:
    """The step as it is now, with the branches that it had; raises NotPossible."""
    at, old = place_of(plan, step.key), _step(plan, step.key)
    new = replace(step, yes=old.yes, no=old.no)
    return _edited(plan, at, lambda steps: (*steps[: at.index], new, *steps[at.index + 1 :]))


def _step(plan: Plan, key: int) -> Step:
    found = plan.find(key)
    if found is None:
        raise _gone()
    return found


def _gone() -> NotPossible:
    return NotPossible(_("This step is not in the plan any more."))


def _inserted(plan: Plan, step: Step, place: Place) -> Plan:
    return _edited(plan, place, lambda steps: (*steps[: place.index], step, *steps[place.index :]))


def _edited(plan: Plan, place: Place, edit: Callable[[Steps], Steps]) -> Plan:
    """The plan with the list that the place is in edited; raises NotPossible."""
    if not place.inside:
        return replace(plan, steps=edit(plan.steps))
    around = plan.find(place.inside)
    if around is None or not around.is_branching:
        raise NotPossible(_("There is no such place in the plan."))
    return replace(plan, steps=tuple(_within(step, place, edit) for step in plan.steps))


def _within(step: Step, place: Place, edit: Callable[[Steps], Steps]) -> Step:
    if step.key == place.inside:
        return replace(step, yes=edit(step.yes)) if place.is_yes else replace(step, no=edit(step.no))
    if not step.is_branching:
        return step
    yes, no = (tuple(_within(one, place, edit) for one in branch) for branch in (step.yes, step.no))
    return replace(step, yes=yes, no=no)


def _places(steps: Steps, inside: int, *, is_yes: bool) -> Iterator[Place]:
    yield Place(0, inside, is_yes)
    for index, step in enumerate(steps, start=1):
        if step.is_branching:
            yield from _places(step.yes, step.key, is_yes=True)
            yield from _places(step.no, step.key, is_yes=False)
        yield Place(index, inside, is_yes)


def _place_of(steps: Steps, key: int, inside: int, *, is_yes: bool) -> Place | None:
    for index, step in enumerate(steps):
        if step.key == key:
            return Place(index, inside, is_yes)
        for branch, is_of_yes in ((step.yes, True), (step.no, False)):
            found = _place_of(branch, key, step.key, is_yes=is_of_yes)
            if found is not None:
                return found
    return None


def _renamed(step: Step, keys: Iterator[int]) -> Step:
    key = next(keys)
    yes, no = (tuple(_renamed(one, keys) for one in branch) for branch in (step.yes, step.no))
    return replace(step, key=key, yes=yes, no=no)


def _checked(plan: Plan) -> Plan:
    if len(list(plan.every())) > MOST_STEPS:
        raise NotPossible(_("A plan has %(most)d steps at most.") % {"most": MOST_STEPS})
    if _depth(plan.steps) > DEEPEST:
        raise NotPossible(_("Branches stand in branches %(most)d deep at most.") % {"most": DEEPEST})
    return plan


def _depth(steps: Steps) -> int:
    """How deep the innermost list of steps stands, an empty one too."""
    inner = [max(_depth(step.yes), _depth(step.no)) + 1 for step in steps if step.is_branching]
    return max(inner, default=0)
