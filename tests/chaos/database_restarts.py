"""PostgreSQL is ended at once and started again while mail leaves: SIGQUIT (its "immediate" stop), and SIGKILL.

The cluster is the run's own, with fsync on. Whoever was writing an outcome finds the connection gone.
"""

import random
import signal
import time
from functools import partial

from django.conf import settings
from django.db import connection

from tests.chaos import naive_runs, world
from tests.chaos.ground import Ground, Server
from tests.chaos.stage import UNHURRIED, planned, stage, wait_until
from tests.chaos.verdict import Verdict, conclude

NAME = "database_restarts"
ABOUT = "PostgreSQL crashes while two senders are at work"
FULL, QUICK = (3000, 25), (400, 3)
CALM = (0.1, 0.7)
KILL_EVERY = 5


def crash(database: Server, number: int) -> None:
    connection.close()
    database.crash(signal.SIGKILL if number % KILL_EVERY == 0 else signal.SIGQUIT)


def run(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    mails, crashes = QUICK if quick else FULL
    chance = random.Random(seed)
    with stage(ground, NAME, seed) as made:
        world.leads(mails)
        world.campaign(made.owner)
        made.start_senders()
        planned(mails)
        met = 0
        for number in range(1, crashes + 1):
            wait_until(partial(made.has_taken, len(made.sink.accepted) + 1), what="mail after a restart")
            time.sleep(chance.uniform(*CALM))
            met += len(made.sink.accepted) < mails
            crash(ground.database, number)
        verdict = Verdict({"crashes": crashes, "in mid-campaign": met})
        verdict.must(met == crashes, "the campaign was over before the last crash")
        connections = settings.SENDER_CONNECTIONS * len(made.senders)
        return conclude(made, verdict, doubts_at_most=lambda: crashes * connections)


def control(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    """Senders that write down what they sent after the batch; the crash eats what they would have written."""
    mails, crashes = (400, 3) if quick else (1500, 10)
    chance = random.Random(seed)
    with naive_runs.naive_stage(ground, mails=mails, rules={"seed": seed, "latency": UNHURRIED}) as made:
        names = naive_runs.start(made, "batch")
        for number in range(1, crashes + 1):
            wait_until(lambda: sum(made.sockets_of(name) for name in names), what="a naive sender at work")
            time.sleep(chance.uniform(*CALM))
            crash(ground.database, number)
            for name in names:
                if made.crew.processes[name].poll() is not None:
                    naive_runs.again(made, name)
        return naive_runs.to_the_end(made, names, {"crashes": crashes})
