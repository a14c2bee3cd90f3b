"""SIGTERM for one sender after another, as a deployment does: each ends in order, and nothing is left in doubt."""

import random
import time
from functools import partial

import psutil
from django.conf import settings

from tests.chaos import naive_runs, world
from tests.chaos.ground import Ground
from tests.chaos.stage import UNHURRIED, Stage, planned, stage, wait_until
from tests.chaos.verdict import Verdict, conclude
from tests.chaos.watcher import look

NAME = "rolling_restarts"
ABOUT = "two senders are asked to stop in turn, every few seconds"
FULL, QUICK = (2000, 20, 5.0), (400, 4, 1.0)
TOO_FEW = 300
LATENCY = (0.08, 0.16)


def run(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    mails, restarts, pause = QUICK if quick else FULL
    with stage(ground, NAME, seed, {"latency": LATENCY}) as made:
        world.leads(mails)
        world.campaign(made.owner)
        made.start_senders()
        planned(mails)
        codes, slowest, in_hand = set(), 0.0, []
        for number in range(restarts):
            name = made.senders[number % 2]
            time.sleep(pause)
            wait_until(partial(is_busy, made, name), what="a sender at work")
            began = time.monotonic()
            in_hand.append(mails_in_hand(made, name))
            codes.add(made.crew.stop(name))
            slowest = max(slowest, time.monotonic() - began)
            made.start_sender(name)
        busy = sum(1 for count in in_hand if count)
        verdict = Verdict({"restarts": restarts, "of a busy sender": busy, "mails in hand then": sum(in_hand)})
        verdict.figures["slowest stop s"] = round(slowest, 1)
        verdict.must(busy == restarts, f"{restarts - busy} were asked to stop that had nothing in hand")
        verdict.must(codes == {0}, f"senders ended with {codes}")
        conclude(made, verdict, doubts_at_most=lambda: 0)
        verdict.must(made.watcher.most_uncertain == 0, f"{made.watcher.most_uncertain} uncertain at some moment")
        return verdict


def is_busy(made: Stage, name: str) -> bool:
    """Whether this sender has a mail in hand on each of its connections; sees to it that there is work."""
    seen = look()
    if seen.open < TOO_FEW:
        world.campaign(made.owner, name=f"After {seen.ended}", subject=f"After {seen.ended}")
        planned(seen.planned + 1)
    return mails_in_hand(made, name) == settings.SENDER_CONNECTIONS


def mails_in_hand(made: Stage, name: str) -> int:
    """How many mails of this sender the relay has before it and has not answered."""
    held = psutil.Process(made.crew.processes[name].pid).net_connections("tcp")
    ports = {one.laddr.port for one in held if one.raddr and one.raddr.port == made.sink.port}
    return sum(1 for one in made.sink.sessions if one.peer in ports and (one.is_in_body or one.is_silent))


def control(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    """Senders that know nothing of being asked to stop."""
    mails, restarts = (300, 4) if quick else (1500, 12)
    chance = random.Random(seed)
    with naive_runs.naive_stage(ground, mails=mails, rules={"seed": seed, "latency": UNHURRIED}) as made:
        names = naive_runs.start(made, "batch")
        for number in range(restarts):
            stop_naive(made, names[number % 2], chance)
        return naive_runs.to_the_end(made, names, {"restarts": restarts})


def stop_naive(made: Stage, name: str, chance: random.Random) -> None:
    wait_until(lambda: made.sockets_of(name) or naive_runs.has_ended_well(made, name), what="a naive sender at work")
    time.sleep(chance.uniform(0.1, 0.7))
    made.crew.stop(name)
    naive_runs.again(made, name)
