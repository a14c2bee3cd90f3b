"""What the state machine is for: an engine with one break in it does not get through, each by the promise it breaks.

None is made smaller: the first life that breaks a promise ends the search. Which that is depends on all that is loaded;
played a second time it may break off elsewhere, and then every word of it is told.
"""

import traceback
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase
from hypothesis.stateful import run_state_machine_as_test

from newsletter.deliveries import claim
from newsletter.deliveries.admission import gate, judge
from tests.newsletter.deliveries.test_state_machine import Deliveries

pytestmark = pytest.mark.django_db
MOST, STEPS = 80, 40
"""Lives within which each break must be found, and the steps of each."""

Plant = Callable[[pytest.MonkeyPatch], None]


def the_mark_is_not_written(patch: pytest.MonkeyPatch) -> None:
    """Whoever comes after a killed sender takes up again what has left."""
    move = gate._move_mark

    def forget(lease: Any, mark: int, change: Any) -> None:
        if change is not gate.MOVE:
            move(lease, mark, change)

    patch.setattr(gate, "_move_mark", forget)


def nobody_asks_who_has_left(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(judge, "_marketing_refusal", lambda *_: "")


def what_a_dead_sender_had_is_not_named(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(claim, "doubt_chunk", lambda *_, **__: 0)


BREAKS: dict[Plant, set[str]] = {
    the_mark_is_not_written: {"nobody_is_mailed_twice", "outcomes_are_true", "the_balance_holds"},
    nobody_asks_who_has_left: {"nothing_leaves_that_is_over"},
    what_a_dead_sender_had_is_not_named: {"_come_to_an_end"},
}
"""Each break, and the promises of which it breaks one first."""


@pytest.mark.parametrize("plant", BREAKS, ids=lambda plant: plant.__name__)
def test_a_break_in_the_engine_is_found(plant, settings, tmp_path, monkeypatch):
    settings.JOURNAL_DIR = tmp_path
    plant(monkeypatch)

    with pytest.raises((AssertionError, ExceptionGroup)) as found:
        run_state_machine_as_test(
            Deliveries,
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

    assert set(broken_promises(found.value)) & BREAKS[plant]


def broken_promises(found: BaseException) -> Iterator[str]:
    if isinstance(found, BaseExceptionGroup):
        for one in found.exceptions:
            yield from broken_promises(one)
    elif isinstance(found, AssertionError):
        yield traceback.extract_tb(found.__traceback__)[-1].name
