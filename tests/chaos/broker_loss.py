"""Valkey is ended and started again, and emptied every two seconds, while campaigns begin one after another.

Redis carries rings of the bell and nothing else: whatever is lost there costs seconds. A worker that gives up is
started again, as the supervisor of every deployment does. When Valkey has been started for the last time, one more
campaign is let go; by when everything has left is counted from that start.
"""

import random
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

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
KNOCK = 0.05
"""Seconds after which a broker that is away is tried again."""
QUEUE = "naive-mails"


class Emptier:
    """FLUSHALL every two seconds; a broker that is away then is emptied as soon as it is back."""

    def __init__(self, url: str) -> None:
        self._url, self._stop, self.times = url, threading.Event(), 0
        self._began = self.lasted = 0.0
        self._thread = threading.Thread(target=self._empty, daemon=True)

    def __enter__(self):
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *problem):
        self.lasted = time.monotonic() - self._began
        self._stop.set()
        self._thread.join(10)

    def least(self, away: float) -> int:
        """How often it must have been emptied in all that time, of which the broker was away for so many seconds."""
        return int((self.lasted - away) / EMPTIED_EVERY) - 1

    def _empty(self):
        due = self._began + EMPTIED_EVERY
        while not self._stop.wait(max(0, due - time.monotonic())):
            while not self._is_emptied():
                if self._stop.wait(KNOCK):
                    return
            self.times += 1
            due = max(due + EMPTIED_EVERY, time.monotonic())

    def _is_emptied(self) -> bool:
        try:
            with redis.Redis.from_url(self._url, socket_timeout=2) as client:
                return bool(client.flushall())
        except redis.RedisError:
            return False


@dataclass
class Crashes:
    """Ends Valkey so many times, a moment after each turn of a loop over it, and starts it again."""

    ground: Ground
    chance: random.Random
    count: int
    away: float = 0.0

    def __iter__(self) -> Iterator[int]:
        assert self.ground.broker is not None
        for number in range(self.count):
            yield number
            time.sleep(self.chance.uniform(*CALM))
            began = time.monotonic()
            self.ground.broker.crash(signal.SIGKILL)
            self.away += time.monotonic() - began


def run(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    mails, restarts = QUICK if quick else FULL
    letters = restarts if quick else LETTERS
    crashes = Crashes(ground, random.Random(seed), restarts)
    with stage(ground, NAME, seed) as made:
        readers = len(world.leads(mails // letters))
        made.start_senders()
        fallen = 0
        with Emptier(ground.redis_url) as emptier:
            for number in crashes:
                fallen += supervise(made)
                if number * letters // restarts != (number - 1) * letters // restarts:
                    let_go(made, number)
            began = time.monotonic()
            let_go(made, restarts)
            still = mails + readers - look().ended
            wait_until(lambda: is_caught_up(made, mails + readers), within=2 * CAUGHT_UP, what="the end of the work")
            caught_up = time.monotonic() - began
        verdict = Verdict({"restarts": restarts, "workers started anew": fallen, "open at the last": still})
        verdict.figures["caught up after s"] = round(caught_up)
        verdict.must(still >= readers, f"{still} open when the last start was over: nothing to catch up with")
        verdict.must(caught_up < CAUGHT_UP, f"caught up only after {caught_up:.0f} s")
        say_how_often(emptier, crashes, verdict)
        return conclude(made, verdict, doubts_at_most=lambda: 0)


def let_go(made: Stage, number: int) -> None:
    world.campaign(made.owner, name=f"Letter {number}", subject=f"Letter {number}")


def say_how_often(emptier: Emptier, crashes: Crashes, verdict: Verdict) -> None:
    least = emptier.least(crashes.away)
    verdict.figures["emptied"] = f"{emptier.times} of {least} at least in {emptier.lasted:.0f} s"
    verdict.must(emptier.times >= least, f"emptied {emptier.times} times instead of {least}")


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
    """The mails themselves lie in Redis, which is ended and emptied as often; senders that end are started again."""
    mails, restarts = QUICK if quick else FULL
    crashes, shares = Crashes(ground, random.Random(seed), restarts), restarts + 1
    with naive_runs.naive_stage(ground, mails=mails, rules={"seed": seed}) as made:
        waiting = everybody()
        with redis.Redis.from_url(ground.redis_url) as client:
            client.rpush(QUEUE, *waiting[::shares])
            names = start(made, "queue")
            wait_until(lambda: made.has_taken(1), what="the first mail")
            with Emptier(ground.redis_url) as emptier:
                for number in crashes:
                    client.rpush(QUEUE, *waiting[number + 1 :: shares])
                    for name in names:
                        if made.crew.processes[name].poll() is not None:
                            naive_runs.again(made, name)
                figures: dict[str, object] = {"restarts": restarts, "emptied": emptier.times}
                return naive_runs.to_the_end(made, names, figures)


def everybody() -> list[str]:
    """What lies in the queue: whose mail, and where it goes."""
    emails = dict(Lead.objects.values_list("id", "email"))
    return [f"{one} {emails[lead or 0]}" for one, lead in world.letters().values_list("id", "lead_id")]
