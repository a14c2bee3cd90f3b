"""Workers whose clock is two hours off, either way: what is due leaves, what is not stays, nobody gets it twice.

The wrong clock is libfaketime's, from Debian's package, unpacked and not installed. Beat's clock is right, and so is
the database's.
"""

import subprocess
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from clinic.clock import database_now
from newsletter.campaigns import services as campaigns
from newsletter.campaigns.services import Draft
from newsletter.content.services import Wording
from newsletter.deliveries.standing import heartbeats
from newsletter.models import Chunk, Enrolment, Later
from tests.chaos import naive_runs, world
from tests.chaos.ground import Ground
from tests.chaos.stage import Stage, drained, stage, wait_until
from tests.chaos.verdict import Verdict, books, taken
from tests.factories import mail

NAME = "wrong_clocks"
ABOUT = "workers whose clock is two hours off"
FULL, QUICK = 500, 100
SHIFTS = ("+2h", "-2h")
BUSY = {"at": "rcpt", "reply": "450 4.2.0 later", "recipient": "busy", "times": 10}
TICKS = 5


def wrong_clock(folder: Path, shift: str) -> dict[str, str]:
    """What a process needs in its environment to see this clock; its monotonic clock stays right."""
    found = list(folder.rglob("libfaketimeMT.so.1"))
    if not found:
        subprocess.run(["apt-get", "download", "-q", "libfaketime"], cwd=folder, check=True, capture_output=True)
        (package,) = folder.glob("libfaketime*.deb")
        subprocess.run(["dpkg", "-x", str(package), str(folder)], check=True)
        found = list(folder.rglob("libfaketimeMT.so.1"))
    return {"LD_PRELOAD": str(found[0]), "FAKETIME": shift, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def fetched(ground: Ground) -> Path:
    made = ground.folder / "faketime"
    made.mkdir(exist_ok=True)
    return made


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
        wrong = wrong_clock(fetched(ground), shift)
        made.crew.start_beat()
        made.crew.start_worker("tick", **wrong)
        for name in ("sender1", "sender2"):
            made.start_sender(name, **wrong)
        wait_until(lambda: made.has_taken(mails - 10), within=90, what=f"mail from workers at {shift}")
        plan_for_later(made)
        wait_until(lambda: Later.objects.filter(attempt=1).count() == 10, what="what the relay put off")
        let_it_tick(made)
        early = len(taken(made)) - (mails - 10)
        verdict = Verdict({"early": early})
        verdict.must(early == 0, f"{early} early at {shift}")
        verdict.must(world.letters().count() == mails, f"planned early at {shift}")
        drained()
        books(made, verdict)
        return verdict


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
        (name,) = naive_runs.start(made, "own_clock", count=1, **wrong_clock(fetched(ground), SHIFTS[0]))
        wait_until(lambda: naive_runs.has_ended_well(made, name), what="the naive sender's end")
        verdict = Verdict({"early": len(made.sink.accepted)})
        verdict.must(not made.sink.accepted, f"{len(made.sink.accepted)} early")
        return verdict
