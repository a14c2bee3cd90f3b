"""Valkey is ended and started again, and emptied every two seconds, while campaigns begin one after another.

Redis carries rings of the bell and nothing else: whatever is lost there costs seconds. A worker that gives up is
started again, as the supervisor of every deployment does.
"""

import contextlib
import random
import signal
import threading
import time

import redis

from leads.models import Lead
from tests.chaos import naive_runs, world
from tests.chaos.ground import Ground
from tests.chaos.naive_runs import start
from tests.chaos.stage import Stage, stage, wait_until
from tests.chaos.verdict import Verdict, conclude
from tests.chaos.watcher import look

NAME = "broker_loss"
ABOUT = "Valkey restarts, and is emptied every two seconds"
FULL, QUICK = (3000, 20), (200, 2)
LETTERS = 10
CALM = (1.0, 3.0)
CAUGHT_UP = 90.0
EMPTIED_EVERY = 2.0
QUEUE = "naive-mails"


class Emptier:
    """FLUSHALL every two seconds; a broker that is away is emptied when it is back."""

    def __init__(self, url: str) -> None:
        self._url, self._stop, self.times = url, threading.Event(), 0
        self._thread = threading.Thread(target=self._empty, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *problem):
        self._stop.set()
        self._thread.join(10)

    def _empty(self):
        while not self._stop.wait(EMPTIED_EVERY):
            with contextlib.suppress(redis.RedisError), redis.Redis.from_url(self._url, socket_timeout=2) as client:
                client.flushall()
                self.times += 1


def run(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    mails, restarts = QUICK if quick else FULL
    letters = restarts if quick else LETTERS
    chance = random.Random(seed)
    with stage(ground, NAME, seed) as made:
        world.leads(mails // letters)
        made.start_senders()
        fallen = 0
        with Emptier(ground.redis_url) as emptier:
            for number in range(restarts):
                if number * letters // restarts != (number - 1) * letters // restarts:
                    world.campaign(made.owner, name=f"Letter {number}", subject=f"Letter {number}")
                time.sleep(chance.uniform(*CALM))
                ground.broker.crash(signal.SIGKILL)
                fallen += supervise(made)
            caught_up = wait_until(lambda: is_caught_up(made, mails), within=2 * CAUGHT_UP, what="the end of the work")
        figures = {"restarts": restarts, "emptied": emptier.times, "workers started anew": fallen}
        verdict = Verdict({**figures, "caught up after s": round(caught_up)})
        verdict.must(caught_up < CAUGHT_UP, f"caught up only after {caught_up:.0f} s")
        return conclude(made, verdict, doubts_at_most=lambda: 0)


def supervise(made: Stage) -> int:
    """Start anew whoever has ended; returns how many."""
    ended = [name for name, process in made.crew.processes.items() if process.poll() is not None]
    for name in ended:
        if name == "beat":
            made.crew.start_beat()
        elif name == "tick":
            made.crew.start_worker("tick")
        else:
            made.start_sender(name)
    return len(ended)


def is_caught_up(made: Stage, mails: int) -> bool:
    supervise(made)
    seen = look()
    return seen.deliveries >= mails and seen.open == 0


def control(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    """The mails themselves lie in Redis."""
    mails = 300 if quick else 1000
    with naive_runs.naive_stage(ground, mails=mails, rules={"seed": seed, "latency": (0.01, 0.02)}) as made:
        emails = dict(Lead.objects.values_list("id", "email"))
        with redis.Redis.from_url(ground.redis_url) as client:
            rows = world.letters().values_list("id", "lead_id")
            client.rpush(QUEUE, *[f"{one} {emails[lead or 0]}" for one, lead in rows])
            start(made, "queue")
            wait_until(lambda: made.has_taken(mails // 5), what="the first mails")
            client.flushall()
        wait_until(lambda: all(naive_runs.has_ended_well(made, name) for name in ("queue0", "queue1")))
        return naive_runs.judged(made)
