"""Where people stand in another version: never before what they had, never behind what they did not have."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.sequences.almanac import Published, placed_step
from newsletter.sequences.models import EnrolmentState
from newsletter.sequences.plan.document import Step, StepKind, every
from newsletter.sequences.plan.flatten import flatten
from newsletter.sequences.publishing.places import Standing, goes_on_with, place_of, stand
from newsletter.sequences.walk import Move, decide
from tests.newsletter.sequences.plans import NOW, OFFICE, TORONTO, almanac, due, email, end, split, until_clicked

DAY = timedelta(days=1)
A, B, C, D = email(1), email(2, 2), email(3, 3), email(4, 4)


def published(*steps: Step) -> Published:
    return Published(tuple(placed_step(one, one.step.email, None) for one in flatten(steps)), OFFICE)


def test_who_has_not_passed_the_change_stands_at_the_same_place():
    old, new = published(A, B, C), published(A, B, email(5, 1), C)

    assert [place_of(old, new, place) for place in range(4)] == [0, 1, 2, None]


def test_who_has_finished_stands_before_what_is_new_behind_the_end():
    old, new = published(A, B), published(A, B, C)

    assert place_of(old, new, 2) == 2
    assert goes_on_with(old, new, 2) == new.steps[2]


def test_who_ended_on_purpose_gets_nothing_that_is_put_behind_the_end():
    branch = split(2, "knee", yes=(end(3),))
    old, new = published(A, branch), published(A, branch, D)

    assert goes_on_with(old, new, 2) is None
    assert goes_on_with(old, new, 3) == new.steps[3]


@pytest.mark.parametrize(
    ("changed", "places"),
    [
        ((A, C), [0, 1, None, None]),
        ((A, replace(B, email=9), C), [0, 1, None, None]),
        ((A, email(2, 9), C), [0, 1, 2, 3]),
        ((B, A, C), [0, None, None, None]),
        ((A, B), [0, 1, 2, None]),
        ((), [0, None, None, None]),
    ],
    ids=["deleted", "another mail", "another wait", "another order", "the last deleted", "all deleted"],
)
def test_a_change_is_passed_or_not(changed: tuple[Step, ...], places: list[int | None]):
    assert [place_of(published(A, B, C), published(*changed), place) for place in range(4)] == places


def test_a_branch_that_one_did_not_take_may_change():
    old = published(A, split(2, "knee", yes=(email(3), email(4)), no=(email(5), email(6))), email(7))
    new = published(A, split(2, "knee", yes=(email(8),), no=(email(5), email(6))), email(7))

    assert [place_of(old, new, place) for place in range(8)] == [0, 1, 2, None, 3, 4, None, None]


def test_the_end_of_a_branch_is_what_follows_it():
    old = published(A, until_clicked(2, 3, yes=(email(3), email(4))), email(5))
    new = published(A, until_clicked(2, 3, yes=(email(3),)), email(5))

    assert place_of(old, new, 3) == 3


def test_the_time_to_the_same_step_stays_as_it_is_and_to_another_one_is_counted_anew():
    old = published(A, B, C)
    way = Standing(1, NOW + 5 * DAY, NOW)

    assert stand(way, old, published(A, B, D), TORONTO) == way
    assert stand(way, old, published(A, email(2, 1), C), TORONTO) == replace(way, due_at=NOW + DAY)
    assert stand(way, old, published(A, D), TORONTO) == replace(way, due_at=NOW + 4 * DAY)
    assert stand(way, old, published(A), TORONTO) == Standing(1, None, NOW)


keys = st.integers(1, 40)


@st.composite
def plans(draw: st.DrawFn, depth: int = 2) -> tuple[Step, ...]:
    """Any plan of mails, branches and ends, each key once."""
    left = iter(draw(st.permutations(range(1, 30))))
    return _steps(draw, left, depth)


def _steps(draw: st.DrawFn, left: object, depth: int) -> tuple[Step, ...]:
    kinds = ["email", "email", "email", "end", *(["until", "split"] if depth else [])]
    found = []
    for kind in draw(st.lists(st.sampled_from(kinds), max_size=4)):
        key = next(left, None)  # type: ignore[call-overload]
        if key is None:
            break
        if kind in ("until", "split"):
            yes, no = _steps(draw, left, depth - 1), _steps(draw, left, depth - 1)
            make = until_clicked(key, 2, yes=yes, no=no) if kind == "until" else split(key, "knee", yes=yes, no=no)
            found.append(make)
        else:
            found.append(email(key, draw(st.integers(0, 3))) if kind == "email" else end(key))
    return tuple(found)


@st.composite
def edits(draw: st.DrawFn, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The plan with some steps taken out, put in, replaced and put elsewhere."""
    fresh = iter(range(100, 140))
    for _n in range(draw(st.integers(1, 4))):
        steps = _edited(draw, steps, fresh)
    return steps


def _edited(draw: st.DrawFn, steps: tuple[Step, ...], fresh: object) -> tuple[Step, ...]:
    place = draw(st.integers(0, len(steps)))
    here = steps[place] if place < len(steps) else None
    act = draw(st.sampled_from(["out", "in", "other", "later", "swap", "deeper"]))
    if act == "in" or here is None:
        return (*steps[:place], email(next(fresh), draw(st.integers(0, 3))), *steps[place:])  # type: ignore[call-overload]
    rest = steps[place + 1 :]
    if act == "deeper" and here.is_branching:
        branch = draw(st.sampled_from(["yes", "no"]))
        return (*steps[:place], replace(here, **{branch: _edited(draw, getattr(here, branch), fresh)}), *rest)
    if act == "swap" and rest:
        return (*steps[:place], rest[0], here, *rest[1:])
    if act == "other" and here.kind == StepKind.EMAIL:
        return (*steps[:place], replace(here, email=1000 + here.key), *rest)
    if act == "later" and here.kind == StepKind.EMAIL:
        return (*steps[:place], email(here.key, 3), *rest)
    return (*steps[:place], *rest)


def walked(old: tuple[Step, ...], clicks: bool) -> list[tuple[int, list[int]]]:
    """Each place at which somebody stands on their way, and the mails that they had by then."""
    book = almanac(*old)
    found: list[tuple[int, list[int]]] = []
    had: list[int] = []
    row = due(0)
    for _look in range(200):
        found.append((row.position, list(had)))
        answers = {(row.id, place): clicks for place in range(100)}
        move = decide(row, book, answers, now=row.due_at)
        assert isinstance(move, Move)
        if move.step is not None:
            had.append(move.step.key)
        if move.state == EnrolmentState.FINISHED:
            return [*found, (move.position, list(had))]
        assert move.due_at is not None
        row = replace(row, position=move.position, due_at=max(move.due_at, row.due_at), since=move.since)
    raise AssertionError("A way that does not end.")


def may_follow(steps: Published, place: int) -> set[int]:
    """The keys of every mail that may still come from this place on."""
    step = steps.step_at(place)
    if step is None:
        return set()
    nexts = (step.yes, step.no) if step.kind in (StepKind.UNTIL, StepKind.SPLIT) else (step.after,)
    own = {step.key} if step.kind == StepKind.EMAIL else set()
    return own.union(*(may_follow(steps, one) for one in nexts if step.kind != StepKind.END))


def may_precede(steps: Published, place: int) -> set[int]:
    """The keys of every mail from which one may come to this place."""
    return {one.key for one in steps.steps if one.kind == StepKind.EMAIL and place in _reached(steps, one.after)}


def _reached(steps: Published, place: int) -> set[int]:
    step = steps.step_at(place)
    if step is None:
        return {steps.end}
    nexts = (step.yes, step.no) if step.kind in (StepKind.UNTIL, StepKind.SPLIT) else (step.after,)
    return {step.position}.union(*(_reached(steps, one) for one in nexts if step.kind != StepKind.END))


@settings(max_examples=120)
@given(st.data())
def test_whatever_is_edited_nobody_gets_a_step_twice_and_nobody_misses_one_that_is_not_new(data: st.DataObject):
    before = data.draw(plans())
    after = data.draw(edits(before))
    old, new = published(*before), published(*after)
    known = {step.key for step in every(before)}

    for clicks in (True, False):
        for place, had in walked(before, clicks):
            there = place_of(old, new, place)
            if there is None:
                continue
            assert not set(had) & may_follow(new, there)
            assert may_precede(new, there) <= known
            assert set(had) <= may_precede(new, there)


@settings(max_examples=60)
@given(plans())
def test_an_unchanged_plan_leaves_everybody_where_they_are(steps: tuple[Step, ...]):
    old = published(*steps)

    for place in range(old.end + 1):
        assert place_of(old, published(*steps), place) == place
