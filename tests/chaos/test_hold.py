"""A hold against a sender that is at work: within a second nothing more begins, however slow the relay is."""

import json
import time
from datetime import timedelta
from pathlib import Path

import pytest

from clinic.clock import database_now
from newsletter.deliveries.models import Chunk, Kind, Lane
from newsletter.deliveries.queries import progress, unbalanced
from newsletter.deliveries.standing import heartbeats, holds
from newsletter.deliveries.standing.models import Heartbeat, HoldCause, HoldScope, Residence
from newsletter.deliveries.transport import providers
from tests.chaos.arena import CONNECTIONS, arena, environment, real_sender, wait_for
from tests.chaos.workers import Crew
from tests.fakes.provider_api import ProviderApi, success
from tests.fakes.smtp_sink import SmtpSink
from tests.newsletter.deliveries import world

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

DELIVERIES = 60
SLOWNESS = 1.5
BREVO = "anymail.backends.brevo.EmailBackend"
CALLS = next(one.in_flight for one in providers.TABLE if one.backend == BREVO)


class SlowProvider(ProviderApi):
    """Thinks about each mail for a while, and knows when each call began."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: list[float] = []
        self.will(*[self.think] * DELIVERIES)

    def think(self, handler: object) -> None:
        self.begun.append(time.time())
        time.sleep(SLOWNESS)
        success(handler)

    def environ(self) -> dict[str, str]:
        """What tells a process that confirmations leave through this provider."""
        options = {"api_key": "token", "api_url": self.url}
        return {"TRANSACTIONAL_BACKEND": BREVO, "TRANSACTIONAL_OPTIONS": json.dumps(options)}


def are_held() -> bool:
    """Whether the senders of both lanes have let go of their work and say why."""
    doing = Heartbeat.objects.filter(name__in=map(heartbeats.sender, Lane)).values_list("doing", flat=True)
    return list(doing) == [heartbeats.HELD] * len(Lane)


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


def test_a_hold_on_everything_stops_the_workers_of_both_lanes_within_a_second(tmp_path: Path):
    """Marketing leaves over a slow relay, confirmations through a slow provider; both workers are Celery's."""
    world.open_clinic()
    world.plan(world.leads(DELIVERIES))
    world.plan([world.lead(f"t{n}") for n in range(DELIVERIES)], owner=8, lane=Lane.TRANSACTIONAL)

    with SmtpSink({"seed": 7, "latency": [SLOWNESS, SLOWNESS]}) as sink, SlowProvider() as api:
        workers = Crew(tmp_path, environment(sink.port, tmp_path, window=DELIVERIES) | api.environ())
        try:
            for lane in Lane:
                workers.start_worker(lane)
            wait_for(lambda: len(sink.accepted) > CONNECTIONS and len(api.begun) > CALLS)
            holds.hold("A wrong date", by=None, now=database_now(), scope=HoldScope.ALL)
            held_at = time.time()
            wait_for(are_held)
        finally:
            workers.end()

    for owner, begun in ((7, [entry["time"] for entry in sink.accepted]), (8, api.begun)):
        found = progress(Kind.CAMPAIGN, owner)
        assert max(begun) - held_at < 1
        assert (found.submitted, found.uncertain, found.waiting) == (len(begun), 0, DELIVERIES - len(begun))
        assert len(begun) < DELIVERIES
    assert unbalanced() == []


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
