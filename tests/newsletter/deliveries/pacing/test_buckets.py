"""Buckets in a real Valkey: shared, emptied, gone, hanging and back again."""

import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from config.embedded import ports
from newsletter.deliveries.lanes import LaneOptions
from newsletter.deliveries.pacing import arithmetic, buckets, pace, queries
from newsletter.deliveries.pacing.arithmetic import SECOND, Ask, Asker, Bucket, Grant, Rate
from newsletter.deliveries.pacing.buckets import Buckets
from tests.config.deadlines import wait_until
from tests.newsletter.deliveries.pacing.pipe import Pipe

asks = st.builds(Ask, wanted=st.integers(1, 300), least=st.integers(1, 3), asker=st.sampled_from(Asker))


@pytest.fixture
def valkey(redis_url: str) -> Iterator[Redis]:
    client = Redis.from_url(redis_url)
    yield client
    client.close()


@pytest.fixture
def lane() -> str:
    return uuid4().hex


def of(lane: str, url: str, **options: object) -> Buckets:
    """As another process would have them."""
    script = buckets._client.__wrapped__(url).register_script(buckets._script(url).script)
    return Buckets(lane, script, **options)


def take(mine: Buckets, rate: float, wanted: int, least: int = 1) -> Grant:
    return mine.take({"": (Rate(rate), Ask(wanted, least))})[""]


def server_clock(valkey: Redis) -> int:
    seconds, microseconds = valkey.time()
    return seconds * SECOND + microseconds


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0.01, 50_000), st.lists(asks, min_size=1, max_size=8), st.integers(0, 20 * SECOND))
def test_the_script_does_what_the_arithmetic_says(valkey, redis_url, rate, asked, ago):
    key, kept = uuid4().hex, Rate(rate)
    bucket = Bucket(server_clock(valkey) - ago)
    valkey.hset(key, "spent_to", bucket.spent_to)
    for ask in asked:
        words = [kept.per_second, kept.cost, kept.depth, ask.wanted, ask.least, int(ask.asker), ""]
        now, number, wait, spent_to = buckets._script(redis_url)(keys=[key], args=words)
        grant, bucket = arithmetic.take(bucket, ask, now=int(now), rate=kept)
        assert (number, wait, int(spent_to)) == (grant.count, grant.wait, bucket.spent_to)
        assert [int(one) for one in valkey.hmget(key, "1", "2")] == [bucket.new_tail, bucket.back_tail]


def hammer(mine: Buckets, rate: float, batch: int, over: threading.Event) -> int:
    """A sender that has endless mail: what it got until it was over."""
    taken = 0
    while not over.is_set():
        grant = take(mine, rate, batch, least=batch // 4)
        taken += grant.count
        over.wait(grant.wait / SECOND)
    return taken


def share_out(lane: str, url: str, valkey: Redis, *, rate: float, flush: bool = False) -> tuple[int, int, int]:
    """Four senders at one bucket: mails granted, microseconds by the server's clock, how often it was emptied."""
    over, flushed = threading.Event(), 0
    with ThreadPoolExecutor(4) as pool:
        begun = server_clock(valkey)
        runs = [pool.submit(hammer, of(lane, url), rate, 20, over) for _ in range(4)]
        while server_clock(valkey) < begun + 1_200_000:
            over.wait(0.05)
            if flush:
                valkey.delete(buckets.key(lane, ""))
                flushed += 1
        over.set()
        taken = sum(run.result() for run in runs)
    taken += take(of(lane, url), rate, 1_000).count  # what is left: at most a second's worth
    return taken, server_clock(valkey) - begun, flushed


def test_four_senders_get_the_rate_together_and_no_more(valkey, redis_url, lane):
    taken, span, _ = share_out(lane, redis_url, valkey, rate=400)

    assert taken <= 400 * (span + SECOND) / SECOND
    assert taken >= 400 * 1.2 * 0.5  # a busy machine wastes a little; a share of a share would be a quarter


def test_a_bucket_that_is_emptied_again_and_again_neither_stops_nor_floods(valkey, redis_url, lane):
    taken, span, flushed = share_out(lane, redis_url, valkey, rate=400, flush=True)

    assert flushed >= 5
    assert taken <= 400 * (span + SECOND) / SECOND + flushed
    assert taken >= 40


def test_a_new_bucket_is_empty_so_that_a_flush_gives_nothing_away(redis_url, lane):
    assert take(of(lane, redis_url), 10, 5).count == 0


def test_a_restart_loses_the_script_and_nothing_else(valkey, redis_url, lane):
    mine = of(lane, redis_url)
    take(mine, 0.1, 5)
    valkey.script_flush()

    again = take(mine, 0.1, 5)

    assert again.count == 0
    assert 0 < again.wait < 10 * SECOND  # it goes on counting from before
    assert mine.are_shared


def test_without_redis_a_sender_keeps_to_its_share(db, lane, caplog):
    nowhere = f"redis://127.0.0.1:{ports.free_port()}/0"
    now = 1_000.0
    mine = of(lane, nowhere, clock=lambda: now)
    took = []
    with caplog.at_level(logging.WARNING):
        for _ in range(101):  # ten seconds
            took.append(take(mine, 10, 10).count)
            now += 0.1

    assert sum(took) == 50  # half of ten a second: there may be another sender
    assert max(took) == 1
    assert not mine.are_shared
    assert len(caplog.records) == 1


def sender(lane: str, has_begun: threading.Barrier, is_over: threading.Event) -> None:
    """A sender of this lane that waits for its turn: it holds no lease, and has a connection of its own."""
    limits = replace(pace.of("marketing"), lane=lane, options=LaneOptions("marketing", rate_per_second=10.0))
    with limits:
        has_begun.wait(60)
        is_over.wait(60)
    connection.close()


def share_beside(others: int, lane: str, *, of_lane: str) -> int:
    """Among how many a sender divides the rate without Redis while so many others wait."""
    has_begun, is_over = threading.Barrier(others + 1), threading.Event()
    with ThreadPoolExecutor(others) as pool:
        runs = [pool.submit(sender, of_lane, has_begun, is_over) for _ in range(others)]
        has_begun.wait(60)
        mine = of(lane, f"redis://127.0.0.1:{ports.free_port()}/0")
        take(mine, 10, 1)
        is_over.set()
        for run in runs:
            run.result()
    return mine.share


@pytest.mark.django_db(transaction=True)
def test_without_redis_those_who_wait_for_their_turn_have_a_share_too(lane):
    """Whoever waits gives its lease back first: leases do not tell how many will ask the next moment."""
    assert share_beside(4, lane, of_lane=lane) == 5
    assert share_beside(4, lane, of_lane="another lane") == 2


@pytest.mark.django_db(transaction=True)
def test_a_sender_that_is_gone_has_no_share_any_more(lane):
    share_beside(4, lane, of_lane=lane)

    wait_until(lambda: queries.senders_alive(lane) == 1)


def test_a_redis_that_hangs_is_given_up_on_quickly_and_taken_up_again(db, redis_url, lane, caplog):
    now = 1_000.0
    with Pipe(redis_url) as pipe:
        mine = of(lane, pipe.url, clock=lambda: now)
        take(mine, 100, 10)
        assert mine.are_shared

        pipe.die()
        began = time.monotonic()
        take(mine, 100, 10)
        assert time.monotonic() - began < 3  # whoever waits hears no request to stop
        assert not mine.are_shared

        now += 1
        asked_again_at = mine.away_until
        assert take(mine, 100, 10).count == 10
        assert mine.away_until == asked_again_at  # it is not asked each time

        pipe.mend()
        now += buckets.ASKED_AGAIN_AFTER
        take(mine, 100, 10)
        assert mine.are_shared
    mine.script.registered_client.close()
    assert [record.getMessage().split(" ")[:2] for record in caplog.records] == [["Redis", "is"], ["Redis", "answers"]]


def test_several_buckets_are_asked_at_once(redis_url, lane):
    mine = of(lane, redis_url)
    asked = {"a": (Rate(5), Ask(1, 1, Asker.NEW)), "b": (Rate(10), Ask(2, 1, Asker.BACK))}

    assert mine.take(asked) == {"a": Grant(0), "b": Grant(0)}
