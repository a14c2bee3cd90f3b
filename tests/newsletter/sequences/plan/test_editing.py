"""Every act on a plan, tried on small plans and on any plan at all."""

import random
from dataclasses import replace

import pytest

from newsletter.sequences.plan import editing
from newsletter.sequences.plan.document import DEEPEST, MOST_STEPS, Plan, Step, StepKind, every, write
from newsletter.sequences.plan.editing import NotPossible, Place
from newsletter.sequences.plan.reading import read
from newsletter.sequences.schedule import Wait
from tests.newsletter.sequences.plans import email, end, lot, plan, split, tag, until_clicked

SMALL = plan(email(1), until_clicked(2, 3, yes=(email(3),), no=(email(4), email(5))), email(6))


def said(one: Plan) -> str:
    """The keys, with the branches in brackets: 1 2[3|4 5] 6."""
    return _said(one.steps)


def _said(steps: tuple[Step, ...]) -> str:
    return " ".join(
        f"{step.key}[{_said(step.yes)}|{_said(step.no)}]" if step.is_branching else str(step.key) for step in steps
    )


def place(words: str) -> Place:
    return Place.read(words)


def test_the_small_plan_reads_so():
    assert said(SMALL) == "1 2[3|4 5] 6"


@pytest.mark.parametrize(
    ("where", "then"),
    [
        ("top-0", "9 1 2[3|4 5] 6"),
        ("top-3", "1 2[3|4 5] 6 9"),
        ("2-yes-1", "1 2[3 9|4 5] 6"),
        ("2-no-0", "1 2[3|9 4 5] 6"),
    ],
)
def test_a_step_is_put_anywhere(where: str, then: str):
    assert said(editing.insert(SMALL, end(9), place(where))) == then


@pytest.mark.parametrize("words", ["", "top", "top--1", "1-maybe-0", "2-yes-0 ", "top-²", "x" * 50, "top-9999"])
def test_what_is_no_place_is_refused(words: str):
    with pytest.raises(NotPossible):
        place(words)


@pytest.mark.parametrize("where", ["1-yes-0", "7-no-0"])
def test_nothing_stands_in_a_step_without_branches_or_one_that_is_gone(where: str):
    with pytest.raises(NotPossible):
        editing.insert(SMALL, end(9), place(where))


def test_a_place_says_itself_and_is_read_again():
    for one in editing.places(SMALL):
        assert Place.read(str(one)) == one


def test_places_come_in_reading_order():
    found = " ".join(map(str, editing.places(SMALL)))

    assert found == "top-0 top-1 2-yes-0 2-yes-1 2-no-0 2-no-1 2-no-2 top-2 top-3"


def test_a_step_goes_with_what_stands_in_it():
    assert said(editing.remove(SMALL, 2)) == "1 6"
    assert said(editing.remove(SMALL, 4)) == "1 2[3|5] 6"


@pytest.mark.parametrize(
    ("key", "where", "then"),
    [
        (1, "top-3", "2[3|4 5] 6 1"),
        (1, "top-1", "1 2[3|4 5] 6"),
        (6, "top-0", "6 1 2[3|4 5]"),
        (1, "2-no-2", "2[3|4 5 1] 6"),
        (4, "2-no-2", "1 2[3|5 4] 6"),
        (4, "2-yes-0", "1 2[4 3|5] 6"),
        (3, "top-2", "1 2[|4 5] 3 6"),
        (2, "top-3", "1 6 2[3|4 5]"),
    ],
)
def test_a_step_is_moved_to_where_it_was_let_go(key: int, where: str, then: str):
    assert said(editing.move(SMALL, key, place(where))) == then


@pytest.mark.parametrize("where", ["2-yes-0", "2-no-1"])
def test_a_step_does_not_go_into_itself(where: str):
    with pytest.raises(NotPossible, match="inside itself"):
        editing.move(SMALL, 2, place(where))


def test_down_and_down_leads_through_the_branches_to_the_end_and_up_leads_back():
    ways, one = [], SMALL
    for _ in range(7):
        one = editing.shift(one, 1, 1)
        ways.append(said(one))

    assert ways == [
        "2[1 3|4 5] 6",
        "2[3 1|4 5] 6",
        "2[3|1 4 5] 6",
        "2[3|4 1 5] 6",
        "2[3|4 5 1] 6",
        "2[3|4 5] 1 6",
        "2[3|4 5] 6 1",
    ]
    with pytest.raises(NotPossible, match="last"):
        editing.shift(one, 1, 1)
    for before in [*reversed(ways[:-1]), said(SMALL)]:
        one = editing.shift(one, 1, -1)
        assert said(one) == before
    with pytest.raises(NotPossible, match="first"):
        editing.shift(one, 1, -1)


def test_a_copy_stands_below_with_keys_of_its_own():
    copied = editing.duplicate(SMALL, 2, editing.fresh(SMALL, used=20))

    assert said(copied) == "1 2[3|4 5] 21[22|23 24] 6"
    assert copied.find(22) == replace(email(3), key=22)


def test_a_key_is_never_used_again():
    assert editing.fresh(SMALL) == 7
    assert editing.fresh(SMALL, used=40) == 41
    assert editing.fresh(plan()) == 1


def test_a_change_keeps_the_branches():
    changed = editing.change(SMALL, until_clicked(2, 9))

    assert said(changed) == said(SMALL)
    assert changed.find(2) == until_clicked(2, 9, yes=(email(3),), no=(email(4), email(5)))


def test_what_stands_in_a_branch_is_changed_where_it_stands():
    later = replace(email(4), wait=Wait(days=8))

    assert editing.change(SMALL, later).find(4) == later
    assert said(editing.change(SMALL, later)) == said(SMALL)


@pytest.mark.parametrize(
    "act",
    [
        lambda: editing.remove(SMALL, 99),
        lambda: editing.shift(SMALL, 99, 1),
        lambda: editing.duplicate(SMALL, 99, 100),
        lambda: editing.change(SMALL, email(99)),
        lambda: editing.move(SMALL, 99, place("top-0")),
    ],
)
def test_a_step_that_is_gone_is_said_to_be(act):
    with pytest.raises(NotPossible, match="not in the plan any more"):
        act()


def test_a_key_that_is_there_is_not_put_in_twice():
    with pytest.raises(NotPossible):
        editing.insert(SMALL, email(3), place("top-0"))


def test_branches_stand_in_branches_only_so_deep():
    deep = plan()
    for key in range(1, DEEPEST + 1):
        deep = editing.insert(deep, split(key, "knee"), place(f"{key - 1}-yes-0" if key > 1 else "top-0"))

    with pytest.raises(NotPossible, match="deep at most"):
        editing.insert(deep, split(9, "knee"), place(f"{DEEPEST}-yes-0"))
    assert read(write(editing.insert(deep, email(9), place(f"{DEEPEST}-no-0"))))


def test_a_plan_gets_only_so_long():
    full = plan(*(email(key) for key in range(1, MOST_STEPS + 1)))

    with pytest.raises(NotPossible, match="at most"):
        editing.duplicate(full, 1, 500)


def test_whatever_is_done_to_it_a_plan_stays_readable_and_loses_no_step():
    chance = random.Random(4)
    for _ in range(60):
        one, keys = plan(), 0
        for _ in range(40):
            one, keys = _act(one, keys, chance)
            assert read(write(one)) == one


def _act(one: Plan, keys: int, chance: random.Random) -> tuple[Plan, int]:
    """Something done at random, and how many keys were used; nothing where it was refused."""
    known = [step.key for step in one.every()]
    to = chance.choice(editing.places(one))
    key = chance.choice(known) if known else 0
    try:
        match chance.choice(["in", "in", "move", "shift", "copy", "out"]) if known else "in":
            case "in":
                made = chance.choice([email, end, lambda key: lot(key, 50), lambda key: tag(key, "knee")])(keys + 1)
                return editing.insert(one, made, to), keys + 1
            case "copy":
                return editing.duplicate(one, key, keys + 1), keys + MOST_STEPS
            case "out":
                gone = [step.key for step in every((one.find(key),))]
                left = editing.remove(one, key)
                assert sorted([*gone, *(step.key for step in left.every())]) == sorted(known)
                return left, keys
            case "move":
                after = editing.move(one, key, to)
            case _:
                after = editing.shift(one, key, chance.choice([-1, 1]))
    except NotPossible:
        return one, keys
    assert sorted(step.key for step in after.every()) == sorted(known)
    return after, keys


def test_every_kind_of_step_can_be_put_in_bare():
    one = plan()
    for key, kind in enumerate(StepKind, start=1):
        one = editing.insert(one, Step(key, kind), Place(len(one.steps)))

    assert [step.kind for step in one.steps] == list(StepKind)
    assert read(write(one)) == one
