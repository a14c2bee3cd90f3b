"""Real senders under a rate: several at once, with a Redis that is emptied or hangs, and stopped while they wait."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis

from newsletter.deliveries.models import Chunk, Outcome
from newsletter.deliveries.pacing import buckets
from tests.chaos.arena import environment, real_sender, wait_for
from tests.fakes.smtp_sink import SmtpSink
from tests.newsletter.deliveries import world
from tests.newsletter.deliveries.pacing.pipe import Pipe

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@contextmanager
def senders(folder: Path, sink: SmtpSink, *, count: int = 1, **said: object) -> Iterator[list[subprocess.Popen]]:
    environ = environment(sink.port, folder) | {"MARKETING_LANE": json.dumps(said.pop("lane"))} | said
    running = [subprocess.Popen(real_sender(), env=environ) for _ in range(count)]
    try:
        yield running
    finally:
        for process in running:
            process.kill()
            process.wait()


def most_within(seconds: float) -> int:
    """The most mails that were taken in any stretch of so many seconds, by the database's clock."""
    moments = sorted(at.timestamp() for at in Outcome.objects.values_list("at", flat=True))
    return max(sum(1 for moment in moments if first <= moment <= first + seconds) for first in moments)


def test_two_senders_keep_to_one_rate_while_redis_is_emptied_again_and_again(tmp_path: Path, redis_url: str):
    world.open_clinic()
    planned = world.plan(world.leads(160))
    emptied = 0

    with (
        SmtpSink() as sink,
        Redis.from_url(redis_url) as valkey,
        senders(tmp_path, sink, count=2, lane={"rate_per_second": 40}) as running,
    ):
        while any(process.poll() is None for process in running):
            emptied += valkey.delete(buckets.key("marketing", ""))
            time.sleep(0.3)
        assert [process.returncode for process in running] == [0, 0]

    assert world.states(planned.ids) == {"submitted": 160}
    assert emptied >= 3
    assert most_within(1) <= 40 * 3 + emptied
    assert most_within(2) <= 40 * 4 + emptied
    moments = sorted(Outcome.objects.values_list("at", flat=True))
    assert (moments[-1] - moments[0]).total_seconds() > 160 / 40 - 2


def test_a_redis_that_hangs_slows_a_sender_and_does_not_stop_it(tmp_path: Path, redis_url: str):
    world.open_clinic()
    planned = world.plan(world.leads(60))

    with (
        SmtpSink() as sink,
        Pipe(redis_url) as pipe,
        senders(tmp_path, sink, lane={"rate_per_second": 20}, REDIS_URL=pipe.url) as [process],
    ):
        wait_for(lambda: len(sink.accepted) >= 10)
        pipe.die()
        assert process.wait(60) == 0

    assert world.states(planned.ids) == {"submitted": 60}
    assert most_within(1) <= 60


def test_a_sender_that_waits_for_its_rate_stops_when_asked(tmp_path: Path):
    world.open_clinic()
    planned = world.plan(world.leads(10))

    with SmtpSink() as sink:
        with senders(tmp_path, sink, lane={"rate_per_second": 0.4}) as [process]:
            wait_for(lambda: len(sink.accepted) >= 1 and Chunk.objects.get().lease_until is None)
            process.send_signal(signal.SIGTERM)
            assert process.wait(5) == 0
        taken = len(sink.accepted)

    assert world.states(planned.ids) == {"submitted": taken, "planned": 10 - taken}
