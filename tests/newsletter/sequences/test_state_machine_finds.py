"""What the state machine is for: an engine with one break in it does not get through, each by the promise it breaks.

Lives are drawn in the same order every time and none is made smaller: the first that breaks a promise ends the search.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase
from hypothesis.stateful import run_state_machine_as_test

from newsletter.deliveries import merging as mails
from newsletter.deliveries import services as deliveries
from newsletter.sequences import ending, merging, returning
from newsletter.sequences.plan.document import Again
from newsletter.sequences.publishing import moving
from newsletter.sequences.publishing.places import Standing
from tests.newsletter.sequences.test_state_machine import Sequences
from tests.newsletter.sequences.ways import Crash

pytestmark = pytest.mark.django_db
MOST, STEPS = 100, 30
"""Lives within which each break must be found, and the steps of each."""

Plant = Callable[[pytest.MonkeyPatch], None]


def what_is_planned_is_not_taken_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ending, "_taken_back", lambda *_: {})


def only_one_of_two_ways_ends(patch: pytest.MonkeyPatch) -> None:
    hold = ending.hold
    patch.setattr(ending, "hold", lambda ways: hold(ways)[:1])


def whoever_is_moved_begins_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(moving, "stand", lambda way, *_: Standing(0, way.due_at, way.since))


def two_who_are_merged_keep_both_their_ways(patch: pytest.MonkeyPatch) -> None:
    judge = merging._judge

    def spare(*facts: Any) -> merging.Verdict:
        return merging.Verdict(stay=judge(*facts).stay)

    patch.setattr(merging, "_judge", spare)


def what_the_one_who_goes_had_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(mails, "take_over", lambda *_, **__: 0)
    patch.setattr(merging, "_mailed", lambda _: {})


def a_crash_keeps_the_place_and_not_the_mail(patch: pytest.MonkeyPatch) -> None:
    plan = deliveries.plan

    def planned(*facts: Any, **moments: Any) -> Any:
        with suppress(Crash):
            return plan(*facts, **moments)

    patch.setattr(deliveries, "plan", planned)


def who_is_held_is_not_put_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(returning, "_return", lambda *_: True)


BREAKS: dict[Plant, set[str]] = {
    what_is_planned_is_not_taken_back: {"nothing_is_planned_for_who_has_left"},
    whoever_is_moved_begins_again: {"_is_right"},
}
"""Each break, and the promises of which it breaks one first."""


@pytest.mark.parametrize("plant", BREAKS, ids=lambda plant: plant.__name__)
def test_a_break_in_the_engine_is_found(plant, monkeypatch):
    plant(monkeypatch)

    with pytest.raises(AssertionError) as found:
        run_state_machine_as_test(
            Sequences,
            settings=hypothesis.settings(
                max_examples=MOST,
                stateful_step_count=STEPS,
                deadline=None,
                derandomize=True,
                database=None,
                phases=[Phase.generate],
                report_multiple_bugs=False,
                suppress_health_check=list(HealthCheck),
            ),
        )

    assert found.traceback[-1].name in BREAKS[plant]


def begun(again: Again) -> Sequences:
    """Two people are inside, and had their first mails."""
    life = Sequences()
    life.begin([("later", [], [])] * 4, again, has_goal=False)
    for _day in range(3):
        life._a_day_passes()
    return life


def leaves(life: Sequences) -> None:
    life.somebody_acts(0, "leave")
    life.who_may_not_be_mailed_is_in_nothing()


def are_merged(life: Sequences) -> None:
    life.somebody_enters_under_a_second_address(0, 2, is_new_one_kept=True)
    life.nobody_is_inside_twice()


def is_held_for_a_while(life: Sequences) -> None:
    life.time_passes(48)
    for what in ("hold", "let_go_on"):
        life.staff_act(0, what, 0)
    life.nobody_has_a_gap_that_nobody_chose()


def dies_at_any_statement(life: Sequences) -> None:
    for statement in range(1, 40):
        life.a_tick_crashes(48 if statement == 1 else 0, statement)
        life.nobody_has_a_gap_that_nobody_chose()


LIVES: dict[Plant, tuple[Again, Callable[[Sequences], None], str]] = {
    only_one_of_two_ways_ends: (Again.OCCASION, leaves, "who_may_not_be_mailed_is_in_nothing"),
    two_who_are_merged_keep_both_their_ways: (Again.DAYS, are_merged, "nobody_is_inside_twice"),
    a_crash_keeps_the_place_and_not_the_mail: (
        Again.NEVER,
        dies_at_any_statement,
        "nobody_has_a_gap_that_nobody_chose",
    ),
    who_is_held_is_not_put_back: (Again.NEVER, is_held_for_a_while, "nobody_has_a_gap_that_nobody_chose"),
    what_the_one_who_goes_had_is_forgotten: (Again.NEVER, are_merged, "_is_right"),
}
"""Breaks that take a life or a hundred to be met by chance, each with a life in which it is."""


@pytest.mark.parametrize("plant", LIVES, ids=lambda plant: plant.__name__)
def test_a_break_that_is_rarely_met_is_found_in_a_life_told_by_hand(plant, monkeypatch):
    again, happens, promise = LIVES[plant]
    plant(monkeypatch)
    life = begun(again)

    def lived() -> None:
        try:
            happens(life)
        finally:
            life.teardown()

    with pytest.raises(AssertionError) as found:
        lived()

    assert found.traceback[-1].name == promise


@pytest.mark.parametrize("plant", LIVES, ids=lambda plant: plant.__name__)
def test_an_engine_without_a_break_keeps_its_promises_in_these_lives(plant):
    again, happens, _promise = LIVES[plant]
    life = begun(again)

    try:
        happens(life)
    finally:
        life.teardown()
