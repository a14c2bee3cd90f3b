"""Workers whose clock is two hours off, either way: what is due leaves, what is not stays, nobody gets it twice.

That their clock was off is read off their own logs.

The wrong clock is libfaketime's, from Debian's package, which is fetched and unpacked if it is not here. Beat's clock
is right, and so is the database's.
"""

import re
import time
from datetime import datetime, timedelta
from functools import partial

from clinic.clock import database_now
from newsletter.campaigns import services as campaigns
from newsletter.campaigns.services import Draft
from newsletter.content.services import Wording
from newsletter.deliveries.standing import heartbeats
from newsletter.models import Chunk, Enrolment, Later
from tests.chaos import naive_runs, world
from tests.chaos.ground import Ground
from tests.chaos.stage import Stage, drained, stage, wait_until
from tests.chaos.verdict import Verdict, balance, books, taken
from tests.factories import mail
from tests.interop import packages

NAME = "wrong_clocks"
ABOUT = "workers whose clock is two hours off"
FULL, QUICK = 500, 100
SHIFTS = {"+2h": timedelta(hours=2), "-2h": timedelta(hours=-2)}
STAMP = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.MULTILINE)
"""How a line of a worker's log begins: what its own clock showed."""
BUSY = {"at": "rcpt", "reply": "450 4.2.0 later", "recipient": "busy", "times": 10}
TICKS = 5
WORKERS = ("sender1", "sender2")


def wrong_clock(shift: str) -> dict[str, str]:
    """What a process needs in its environment to see this clock; its monotonic clock stays right."""
    packages.fetch()
    return {"LD_PRELOAD": str(packages.wrong_clock()), "FAKETIME": shift, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def plan_for_later(made: Stage) -> None:
    """A campaign and the next step of a course, an hour from now."""
    now = database_now()
    draft = Draft("In an hour", Wording("In an hour", "Not yet", world.LETTER))
    later = campaigns.create(draft, by=made.owner, now=now)
    mail.tried(later, made.owner)
    campaigns.schedule(later, at=now + timedelta(hours=1), by=made.owner, now=now)
    world.enrol(world.leads(10, name="f"), world.course(1))
    Enrolment.objects.update(due_at=now + timedelta(hours=1))


def shifted(ground: Ground, shift: str, seed: int, mails: int) -> Verdict:
    with stage(ground, NAME, seed, {"latency": (0.0, 0.01), "faults": [BUSY]}) as made:
        world.leads(mails - 10)
        world.leads(10, name="busy")
        world.campaign(made.owner)
        wrong = wrong_clock(shift) | {"LOG_LEVEL": "INFO"}
        made.crew.start_beat()
        began = time.time()
        made.crew.start_worker("tick", **wrong)
        for name in WORKERS:
            made.start_sender(name, **wrong)
        wait_until(lambda: made.has_taken(mails - 10), within=90, what=f"mail from workers at {shift}")
        plan_for_later(made)
        wait_until(lambda: Later.objects.filter(attempt=1).count() == 10, what="what the relay put off")
        let_it_tick(made)
        early = len(taken(made)) - (mails - 10)
        verdict = Verdict({"early": early})
        compare_clocks(made, verdict, shift, began)
        verdict.must(early == 0, f"{early} early at {shift}")
        verdict.must(world.letters().count() == mails, f"planned early at {shift}")
        drained()
        books(made, verdict)
        return balance(made, verdict)


def compare_clocks(made: Stage, verdict: Verdict, shift: str, began: float) -> None:
    """Every line that the workers wrote was stamped by their own clock, between their start and now by that clock."""
    off = SHIFTS[shift].total_seconds()
    first, last = int(began + off), time.time() + off
    stamps = {name: shown(made, name) for name in ("tick", *WORKERS)}
    verdict.figures["lines stamped by a wrong clock"] = sum(len(own) for own in stamps.values())
    for name, own in stamps.items():
        is_off = own and all(first <= stamp <= last for stamp in own)
        verdict.must(is_off, f"the clock of {name} was not off by {shift}: {own[:1]}")


def shown(made: Stage, name: str) -> list[float]:
    """What this worker's clock showed with each line of its log."""
    said = (made.folder / f"{name}.log").read_text()
    return [time.mktime(time.strptime(stamp, "%Y-%m-%d %H:%M:%S")) for stamp in STAMP.findall(said)]


def let_it_tick(made: Stage) -> None:
    for _ in range(TICKS):
        wait_until(partial(has_ticked_since, heartbeats.last_seen()["tick"]), what="a tick")


def has_ticked_since(moment: datetime) -> bool:
    return heartbeats.last_seen()["tick"] > moment


def run(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    mails = QUICK if quick else FULL
    verdict = Verdict()
    for shift in SHIFTS:
        found = shifted(ground, shift, seed, mails)
        verdict.figures |= {f"{shift}: {name}": value for name, value in found.figures.items()}
        verdict.violations += found.violations
    return verdict


def control(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    """A sender that asks its own clock."""
    with stage(ground, "naive", seed, {"latency": (0.0, 0.002)}) as made:
        world.leads(100)
        world.campaign(made.owner)
        naive_runs.plan()
        Chunk.objects.update(due_at=database_now() + timedelta(hours=1))
        (name,) = naive_runs.start(made, "own_clock", count=1, **wrong_clock(next(iter(SHIFTS))))
        wait_until(lambda: naive_runs.has_ended_well(made, name), what="the naive sender's end")
        verdict = Verdict({"early": len(made.sink.accepted)})
        verdict.must(not made.sink.accepted, f"{len(made.sink.accepted)} early")
        return verdict
