"""Plans are read as they were written, and nothing else is a plan."""

import json
from dataclasses import replace
from datetime import time

import pytest

from newsletter.sequences.plan.document import (
    Again,
    Event,
    EventKind,
    Hours,
    Plan,
    Scarce,
    Step,
    StepKind,
    Trigger,
    TriggerKind,
    Unreadable,
    write,
)
from newsletter.sequences.plan.flatten import flatten
from newsletter.sequences.plan.paths import Length, length
from newsletter.sequences.plan.problems import Allowed, problems
from newsletter.sequences.plan.reading import read
from newsletter.sequences.schedule import Wait
from tests.newsletter.sequences.plans import email, end, lot, pause, plan, split, tag, until_clicked

WHOLE = Plan(
    trigger=Trigger(TriggerKind.TAG, value="knee"),
    entry=({"name": "booked", "value": "", "not": True},),
    again=Again.DAYS,
    again_days=90,
    goal=Event(EventKind.BOOKED),
    hours=Hours(frozenset({0, 1}), time(8), time(20)),
    keeps_holidays=False,
    holdout=10,
    steps=(
        Step(1, StepKind.EMAIL, wait=Wait(2, 3, 4, time(9, 30)), email=7, scarce=Scarce(3, 14, 8), hours=Hours()),
        until_clicked(2, 5, yes=(tag(3, "warm"), end(4)), no=(Step(5, StepKind.NOTIFY, text="Call"),)),
        split(6, "leg", yes=(lot(7, 20, yes=(email(8),), no=(email(9),)),)),
        Step(10, StepKind.HANDOVER, sequence=3),
    ),
)
CAP = Allowed(mails=3, days=7)


def test_a_plan_is_read_from_json_as_it_was_written():
    assert read(json.loads(json.dumps(write(WHOLE)))) == WHOLE


def changed(path: str, value: object) -> object:
    """The whole plan as JSON, with another value at this place."""
    found = json.loads(json.dumps(write(WHOLE)))
    *way, last = path.split(".")
    place = found
    for name in way:
        place = place[int(name)] if isinstance(place, list) else place[name]
    place[int(last) if isinstance(place, list) else last] = value
    return found


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("schema", 2),
        ("steps", {}),
        ("steps.0.key", 0),
        ("steps.0.key", True),
        ("steps.1.key", 1),
        ("steps.0.kind", "fax"),
        ("steps.0.nonsense", 1),
        ("steps.0.wait.days", -1),
        ("steps.0.wait.at", "9:30"),
        ("steps.0.wait.at", "24:00"),
        ("steps.0.email", 2**40),
        ("steps.0.scarce", {"fewer": 1}),
        ("steps.1.event", {"kind": "opened"}),
        ("steps.2.condition", {"name": "x", "sql": "y"}),
        ("steps.2.yes.0.share", 100),
        ("hours.weekdays", [7]),
        ("hours.opens", None),
        ("holdout", 51),
        ("entry", [1]),
        ("entry.0.value", "\x00"),
        ("trigger", []),
        ("goal", "booked"),
    ],
)
def test_what_is_no_plan_is_refused_with_its_place(path, value):
    with pytest.raises(Unreadable, match=path.split(".")[0]):
        read(changed(path, value))


@pytest.mark.parametrize("found", [None, [], "plan", 1, {"steps": []}])
def test_nothing_else_is_a_plan(found):
    with pytest.raises(Unreadable):
        read(found)


def test_branches_have_a_depth_that_somebody_can_read():
    deep = (email(1),)
    for key in range(2, 9):
        deep = (split(key, "leg", yes=deep),)

    with pytest.raises(Unreadable, match="deep"):
        read(write(Plan(steps=deep)))


def test_steps_stand_in_reading_order_and_branches_rejoin():
    placed = flatten(WHOLE.steps)

    assert [one.step.key for one in placed] == list(range(1, 11))
    assert [(one.position, one.after, one.yes, one.no) for one in placed] == [
        (0, 1, 1, 1),
        (1, 5, 2, 4),
        (2, 3, 3, 3),
        (3, 5, 5, 5),
        (4, 5, 5, 5),
        (5, 9, 6, 9),
        (6, 9, 7, 8),
        (7, 9, 9, 9),
        (8, 9, 9, 9),
        (9, 10, 10, 10),
    ]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((), (0, 0, 0)),
        ((email(1), until_clicked(2, 5, yes=(email(3, 1), email(4, 1)), no=(email(5, 9),)), email(6, 2)), (3, 16, 4)),
        ((email(1), until_clicked(2, 7, yes=(email(3, 1),), no=(end(4),)), email(5, 2)), (1, 0, 3)),
        ((email(1), split(2, "leg", yes=(email(3, 1),)), email(4, 2)), (3, 3, 3)),
        ((email(1), split(2, "leg", yes=(end(3),), no=(pause(4, days=1), email(5))), email(6, 2)), (3, 3, 3)),
        ((email(1), lot(2, 50, yes=(email(3, 1),), no=(email(4, 4),)), email(5)), (3, 4, 3)),
    ],
)
def test_it_is_as_long_as_the_way_on_which_nothing_happens_and_says_the_most(steps, expected):
    assert length(plan(*steps)) == Length(*expected)


def said(of: Plan, *, cap: Allowed = CAP, unknown: str = "") -> list[tuple[int | str, bool]]:
    found = problems(of, of_condition=lambda one: ["?"] if one["name"] == unknown else [], cap=cap, own_id=3)
    return [(one.where, one.blocks) for one in found]


def waits_for_mail(key: int, mail: str) -> Step:
    return Step(key, StepKind.UNTIL, event=Event(EventKind.CLICKED, mail), days=3)


GOOD = plan(email(1), email(2, 7), goal=Event(EventKind.BOOKED))


def test_a_plan_that_says_all_it_must_has_no_problems():
    assert said(GOOD) == []


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (replace(GOOD, goal=None), [("goal", False)]),
        (replace(GOOD, steps=()), [("steps", True)]),
        (replace(GOOD, trigger=Trigger(TriggerKind.TAG)), [("trigger", True)]),
        (replace(GOOD, trigger=Trigger(TriggerKind.QUIET)), [("trigger", True)]),
        (replace(GOOD, again=Again.DAYS), [("again", True)]),
        (replace(GOOD, hours=Hours(frozenset())), [("hours", True)]),
        (replace(GOOD, hours=Hours(opens=time(9), closes=time(9))), [("hours", True)]),
        (replace(GOOD, goal=Event(EventKind.TAG)), [("goal", True)]),
        (replace(GOOD, steps=(Step(1, StepKind.EMAIL),)), [(1, True)]),
        (replace(GOOD, steps=(Step(1, StepKind.EMAIL, email=1, wait=Wait(at=time(20))),)), [(1, True)]),
        (replace(GOOD, steps=(email(1), pause(2))), [(2, True)]),
        (replace(GOOD, steps=(email(1), until_clicked(2, 0, yes=(email(3),)))), [(2, True)]),
        (replace(GOOD, steps=(Step(1, StepKind.UNTIL, days=3, yes=(email(2),)),)), [(1, True)]),
        (replace(GOOD, steps=(Step(1, StepKind.SPLIT, no=(email(2),)),)), [(1, True)]),
        (replace(GOOD, steps=(split(1, "leg"), email(2))), [(1, False)]),
        (replace(GOOD, steps=(lot(1, 50, yes=(email(2),), no=(tag(3, "t"),)), email(4))), [(1, False)]),
        (replace(GOOD, steps=(email(1), until_clicked(2, 3))), []),
        (replace(GOOD, steps=(tag(1, "t"),)), [("steps", False)]),
        (replace(GOOD, steps=(until_clicked(1, 3, yes=(email(2),)), email(3))), [(1, False)]),
        (replace(GOOD, steps=(split(1, "leg", yes=(email(2),)), until_clicked(3, 3), email(4))), []),
        (replace(GOOD, steps=(split(1, "leg", yes=(email(2),), no=(until_clicked(3, 3),)),)), [(3, False)]),
        (replace(GOOD, steps=(email(1), waits_for_mail(2, "9"), email(3))), [(2, True)]),
        (replace(GOOD, steps=(email(1), waits_for_mail(2, "3"), email(3))), [(2, False)]),
        (replace(GOOD, goal=Event(EventKind.CLICKED, "9")), [("goal", True)]),
        (replace(GOOD, again=Again.OCCASION), [("again", False)]),
        (replace(GOOD, again=Again.OCCASION, trigger=Trigger(TriggerKind.VISIT, number=6)), []),
        (replace(GOOD, steps=(tag(1, " "), email(2))), [(1, True)]),
        (replace(GOOD, steps=(email(1), Step(2, StepKind.NOTIFY))), [(2, True)]),
        (replace(GOOD, steps=(email(1), Step(2, StepKind.HANDOVER))), [(2, True)]),
        (replace(GOOD, steps=(email(1), Step(2, StepKind.HANDOVER, sequence=3))), [(2, True)]),
        (replace(GOOD, steps=(end(1), email(2), email(3))), [(2, True)]),
        (replace(GOOD, steps=(split(1, "leg", yes=(end(2),), no=(end(3),)), email(4))), [(4, True)]),
        (replace(GOOD, steps=(email(1), email(2, 1), email(3, 1), email(4, 1))), [("steps", False)]),
        (replace(GOOD, steps=(email(1), email(2), until_clicked(3, 9, yes=(email(4),)), email(5))), [("steps", False)]),
    ],
)
def test_each_problem_is_said_where_it_is(of, expected):
    assert said(of) == expected


def test_a_condition_that_cannot_be_asked_keeps_a_plan_from_being_published():
    asked = replace(GOOD, steps=(split(1, "leg", yes=(email(2),)),), entry=({"name": "tagged", "value": "x"},))

    assert said(asked, unknown="tagged") == [("entry", True), (1, True)]


def test_far_more_ways_than_anybody_could_read_are_not_all_counted():
    many = plan(*(split(key, "leg", yes=(tag(100 + key, "t"),)) for key in range(1, 30)), email(50))

    assert length(many) == Length(1, 0, 1)
    assert said(many) == [("goal", False)]
