"""What the database's own witnesses tell: mails taken long after an opt-out, and ticks that ran beside each other."""

from datetime import timedelta

import pytest

from clinic.clock import database_now
from newsletter import tokens
from newsletter.deliveries.standing import heartbeats
from tests.chaos import opt_outs, two_beats
from tests.chaos.opt_outs import LATEST, OptOut
from tests.chaos.two_beats import Ticks
from tests.chaos.verdict import Verdict
from tests.newsletter.deliveries import world

pytestmark = pytest.mark.chaos

OPTED_OUT = 1000.0


def taken_after(seconds: float, *, was_marked: bool = True) -> Verdict:
    """One mail, taken so long after its opt-out."""
    accepted = [{"message_id": f"<{tokens.name(7)}@clinic.example>", "time": OPTED_OUT + seconds}]
    return opt_outs.under_way(accepted, {7: OptOut(was_marked, OPTED_OUT)}, Verdict())


@pytest.mark.parametrize(
    ("seconds", "under_way", "violations"), [(-0.1, 0, 0), (LATEST - 0.1, 1, 0), (LATEST + 0.1, 1, 1)]
)
def test_a_mail_under_way_may_be_taken_after_its_opt_out_but_soon(seconds: float, under_way: int, violations: int):
    verdict = taken_after(seconds)

    assert verdict.figures["under way"] == under_way
    assert len(verdict.violations) == violations


@pytest.mark.django_db
def test_ticks_are_counted_and_those_that_ran_beside_another():
    two_beats.watch_ticks()
    now = database_now()
    planned = world.plan(world.leads(1))
    planned.batch.planned_at = now - timedelta(seconds=2)
    planned.batch.save()
    for began in (planned.batch.planned_at, now - timedelta(seconds=1)):
        heartbeats.beat(heartbeats.TICK, now=began)
    heartbeats.beat(heartbeats.TICK, now=database_now())

    assert two_beats.ticks() == Ticks(ran=3, workers=1, beside=2, planned_beside=1)


@pytest.mark.django_db
def test_what_is_not_a_tick_is_not_counted():
    two_beats.watch_ticks()
    heartbeats.beat(heartbeats.sender("marketing"), now=database_now())

    assert two_beats.ticks().ran == 0
