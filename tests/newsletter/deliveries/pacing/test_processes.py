"""Real senders under a rate: several at once, with a Redis that is emptied or hangs, and stopped while they wait."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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


def has_ended(process: subprocess.Popen, *, within: float) -> bool:
    with suppress(subprocess.TimeoutExpired):
        process.wait(within)
    return process.returncode is not None


def moments() -> list[float]:
    """When each mail was taken, by the database's clock, in order."""
    return sorted(at.timestamp() for at in Outcome.objects.values_list("at", flat=True))


def most_within_a_second() -> int:
    taken = moments()
    return max(sum(1 for moment in taken if first <= moment <= first + 1) for first in taken)


def test_two_senders_keep_to_one_rate_while_redis_is_emptied_again_and_again(tmp_path: Path, redis_url: str):
    world.open_clinic()
    planned = world.plan(world.leads(45))
    emptied = 0

    with (
        SmtpSink() as sink,
        Redis.from_url(redis_url) as valkey,
        senders(tmp_path, sink, count=2, lane={"rate_per_second": 10}) as running,
    ):
        for process in running:
            while not has_ended(process, within=0.6):
                emptied += valkey.delete(buckets.key("marketing", ""))
        assert [process.returncode for process in running] == [0, 0]

    assert world.states(planned.ids) == {"submitted": 45}
    assert emptied >= 2
    assert most_within_a_second() <= min(40, 10 * 3 + emptied)
    assert moments()[-1] - moments()[0] > (45 - emptied) / 10 - 2


def test_a_redis_that_hangs_slows_a_sender_and_does_not_stop_it(tmp_path: Path, redis_url: str):
    world.open_clinic()
    planned = world.plan(world.leads(24))

    with (
        SmtpSink() as sink,
        Pipe(redis_url) as pipe,
        senders(tmp_path, sink, lane={"rate_per_second": 10}, REDIS_URL=pipe.url) as [process],
    ):
        wait_for(lambda: len(sink.accepted) >= 10)
        pipe.die()
        assert process.wait(60) == 0

    assert world.states(planned.ids) == {"submitted": 24}
    assert moments()[-1] - moments()[0] > 24 / 10 - 2


def test_a_sender_that_waits_for_its_rate_stops_when_asked(tmp_path: Path):
    world.open_clinic()
    planned = world.plan(world.leads(10))

    with SmtpSink() as sink:
        with senders(tmp_path, sink, lane={"rate_per_second": 0.4}) as [process]:
            wait_for(lambda: len(sink.accepted) >= 1 and Chunk.objects.get().lease_until is None)
            process.send_signal(signal.SIGTERM)
            assert process.wait(15) == 0
        taken = len(sink.accepted)

    assert world.states(planned.ids) == {"submitted": taken, "planned": 10 - taken}
