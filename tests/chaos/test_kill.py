"""kill -9 of the sender at each point where it could matter: nobody gets a mail twice, nobody is forgotten."""

from pathlib import Path

import pytest

from clinic.clock import database_now
from newsletter.deliveries.models import Kind, Uncertain
from newsletter.deliveries.queries import Progress, progress
from newsletter.deliveries.settling import reconcile
from tests.chaos.arena import (
    BEFORE_THE_MARK,
    BEFORE_THE_OUTCOMES,
    CONNECTIONS,
    Arena,
    arena,
    naive_sender,
    real_sender,
    settle_by_the_relays_log,
)
from tests.newsletter.deliveries import world

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

DELIVERIES = 300
LATENCY = [0.005, 0.01]


def walk_through_the_points(made: Arena) -> None:
    made.run_until_it_waits_for(BEFORE_THE_MARK)
    made.run_until_killed_by_the_relay("before_354")
    made.run_until_killed_by_the_relay("mid_body")
    made.run_until_killed_by_the_relay("after_dot_before_answer")
    made.run_until_killed_by_the_relay("after_answer")
    made.run_until_it_waits_for(BEFORE_THE_OUTCOMES)


def test_a_sender_killed_at_every_point_mails_nobody_twice_and_forgets_nobody(tmp_path: Path):
    world.open_clinic()
    planned = world.plan(world.leads(DELIVERIES))

    with arena(tmp_path, real_sender(), latency=LATENCY) as made:
        walk_through_the_points(made)
        made.run_to_the_end()
        uncertain = Uncertain.objects.count()
        twice = {address: n for address, n in made.accepted().items() if n > 1}
        settled = settle_by_the_relays_log(
            made,
            lambda one, taken: reconcile.evidence(one, submitted=taken, now=database_now(), reason="the relay's log"),
        )
        accepted = sum(made.accepted().values())

    assert made.kills == 6
    assert twice == {}
    assert uncertain <= CONNECTIONS * made.kills
    assert settled == uncertain
    assert progress(Kind.CAMPAIGN, 7) == Progress(planned=DELIVERIES, submitted=accepted, failed=DELIVERIES - accepted)
    assert DELIVERIES - accepted <= uncertain
    assert len(planned.ids) == DELIVERIES


def test_the_naive_control_mails_people_twice(tmp_path: Path):
    world.plan(world.leads(DELIVERIES))

    with arena(tmp_path, naive_sender()) as made:
        made.run_until_killed_by_the_relay("after_dot_before_answer", nth=10)
        made.run_until_killed_by_the_relay("after_answer", nth=10)
        made.run_to_the_end()
        twice = [address for address, n in made.accepted().items() if n > 1]

    assert len(twice) >= 10
