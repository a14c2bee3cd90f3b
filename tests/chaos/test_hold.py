"""A hold against a sender that is at work: within a second nothing more begins, however slow the relay is."""

import time
from datetime import timedelta
from pathlib import Path

import pytest

from clinic.clock import database_now
from newsletter.deliveries.models import Chunk, Kind, Lane
from newsletter.deliveries.queries import progress, unbalanced
from newsletter.deliveries.standing import heartbeats, holds
from newsletter.deliveries.standing.models import Heartbeat, HoldCause, Residence
from tests.chaos.arena import CONNECTIONS, arena, real_sender, wait_for
from tests.newsletter.deliveries import world

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

DELIVERIES = 60


def test_a_hold_stops_a_sender_within_a_second(tmp_path: Path):
    """A relay that takes three seconds for a mail answers long after the hold: who waits for it must not begin more."""
    world.open_clinic()
    world.plan(world.leads(DELIVERIES))

    with arena(tmp_path, real_sender(), window=DELIVERIES, latency=[3.0, 3.2]) as made:
        process = made.start()
        wait_for(lambda: made.has_handed_over(2 * CONNECTIONS))
        holds.hold("A wrong date", by=None, now=database_now())
        held_at = time.time()
        marked = Chunk.objects.get().mark
        assert process.wait(60) == 0
        begun = [entry["time"] - held_at for entry in made.sink.accepted]

    found = progress(Kind.CAMPAIGN, 7)
    assert max(begun) < 1
    assert len(begun) < marked == DELIVERIES
    assert (found.submitted, found.uncertain, found.waiting) == (len(begun), 0, DELIVERIES - len(begun))
    assert unbalanced() == []
    assert Heartbeat.objects.get(name=heartbeats.sender(Lane.MARKETING)).doing == heartbeats.HELD


@pytest.mark.parametrize("copied", [True, False], ids=["a restored copy", "the place it remembers"])
def test_a_sender_on_a_restored_copy_hands_nothing_over(copied: bool, tmp_path: Path):
    world.open_clinic()
    world.plan(world.leads(5))

    with arena(tmp_path, real_sender()) as made:
        if copied:
            Residence.objects.create(
                cluster="7000000000000000000",
                database=1,
                relation=1,
                timeline="00000001",
                public_url="http://127.0.0.1:8000",
                since=database_now(),
            )
        made.run_to_the_end()
        taken = len(made.sink.accepted)

    assert (taken, [hold.cause for hold in [holds.active()] if hold]) == ((0, [HoldCause.MOVED]) if copied else (5, []))


def test_senders_that_start_together_after_a_long_absence_all_find_the_hold(tmp_path: Path):
    world.open_clinic()
    world.plan(world.leads(5), due_at=database_now() - timedelta(hours=2))
    heartbeats.beat(heartbeats.sender(Lane.MARKETING), now=database_now() - timedelta(hours=2))

    with arena(tmp_path, real_sender()) as made:
        processes = [made.start() for _ in range(2)]
        assert [process.wait(60) for process in processes] == [0, 0]
        taken = len(made.sink.accepted)

    assert (taken, holds.active().cause) == (0, HoldCause.SILENCE)
