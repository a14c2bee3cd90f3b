"""Where somebody stands in another version: the same place, if all that they have passed is the same. Pure.

What has been passed are the steps before one's own in the same list, with all their branches, since nobody knows which
of them was taken; and, for who stands in a branch, the same of every list around it. Waits, windows and conditions of
what was passed may differ: they are over.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from newsletter.sequences.almanac import Published, PublishedStep
from newsletter.sequences.arriving import arrival
from newsletter.sequences.plan.document import StepKind


@dataclass(frozen=True, slots=True)
class _List:
    """Steps one after the other, from `first` up to but not including `stop`; from the last the way goes to `exit`."""

    of: Published
    first: int
    stop: int
    exit: int

    def steps(self) -> list[PublishedStep]:
        return list(self._steps())

    def _steps(self) -> Iterator[PublishedStep]:
        place = self.first
        while place < self.stop and (step := self.of.step_at(place)) is not None and step.position < self.stop:
            yield step
            if step.after == self.exit:
                return
            place = step.after

    def branches(self, step: PublishedStep, stop: int) -> "tuple[_List, _List]":
        """What lies within this step, which ends before `stop`."""
        no = stop if step.no == step.after else step.no
        first = no if step.yes == step.after else step.yes
        return _List(self.of, first, no, step.after), _List(self.of, no, stop, step.after)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a way stands, as far as a version decides it; `position` is the end where nothing is left."""

    position: int
    due_at: datetime | None
    since: datetime


def place_of(old: Published, new: Published, position: int) -> int | None:
    """The place in `new` of who stands at this place of `old`; None if something that they have passed differs."""
    step = old.step_at(position)
    standing = old.end if step is None else step.position
    return _place(_List(old, 0, old.end, old.end), _List(new, 0, new.end, new.end), standing)


def stand(way: Standing, old: Published, new: Published, zone: ZoneInfo) -> Standing | None:
    """The way in the new version; None if it stays. Where its next step is another one, its time is counted anew."""
    position = place_of(old, new, way.position)
    if position is None:
        return None
    before, step = old.step_at(way.position), new.step_at(position)
    if step is None:
        return Standing(new.end, None, way.since)
    if before is not None and _when(before, old) == _when(step, new):
        return replace(way, position=step.position)
    return Standing(step.position, first_look(step, new, way.since, zone), way.since)


def waits_anew(old: Published, new: Published, position: int) -> PublishedStep | None:
    """The step before which who stands at this place of `old` would stand with another wait than before."""
    place = place_of(old, new, position)
    before, step = old.step_at(position), None if place is None else new.step_at(place)
    if step is None or (before is not None and _when(before, old) == _when(step, new)):
        return None
    return step


def goes_on_with(old: Published, new: Published, position: int) -> PublishedStep | None:
    """What is new for who finished at this place of `old`: nothing where they ended as they would end now."""
    place = place_of(old, new, position)
    step = None if place is None else new.step_at(place)
    return None if step is None or step.kind == StepKind.END else step


def first_look(step: PublishedStep, published: Published, moment: datetime, zone: ZoneInfo) -> datetime:
    """When somebody who is put before this step is looked at, as if they had come there at `moment`."""
    return arrival(step, published, moment, zone)


def _place(mine: _List, other: _List, standing: int) -> int | None:
    ours, theirs = mine.steps(), other.steps()
    for place, step in enumerate(ours):
        if step.position == standing:
            return _position(theirs, place, other.exit)
        stop, its = _stop(mine, ours, place), theirs[place] if place < len(theirs) else None
        if its is None or _said(step) != _said(its):
            return None
        (yes, no), (its_yes, its_no) = mine.branches(step, stop), other.branches(its, _stop(other, theirs, place))
        if standing < stop:
            return _place(yes, its_yes, standing) if standing < no.first else _place(no, its_no, standing)
        if not (_same(yes, its_yes) and _same(no, its_no)):
            return None
    return _position(theirs, len(ours), other.exit)


def _position(steps: list[PublishedStep], place: int, exit_: int) -> int:
    return steps[place].position if place < len(steps) else exit_


def _stop(of: _List, steps: list[PublishedStep], place: int) -> int:
    return steps[place + 1].position if place + 1 < len(steps) else of.stop


def _same(one: _List, two: _List) -> bool:
    """Whether two lists say the same with all their branches."""
    ours, theirs = one.steps(), two.steps()
    if list(map(_said, ours)) != list(map(_said, theirs)):
        return False
    return all(
        _same(mine, its)
        for place in range(len(ours))
        for mine, its in zip(
            one.branches(ours[place], _stop(one, ours, place)),
            two.branches(theirs[place], _stop(two, theirs, place)),
            strict=True,
        )
    )


def _said(step: PublishedStep) -> tuple[Any, ...]:
    """A step as far as it is something that was got or done."""
    return step.key, step.kind, step.variant_id, step.other_variant_id, step.tag, step.adds, step.sequence


def _when(step: PublishedStep, of: Published) -> tuple[Any, ...]:
    """What decides when a step that one has come to is looked at."""
    return step.key, step.kind, step.wait, of.calendar_of(step)
