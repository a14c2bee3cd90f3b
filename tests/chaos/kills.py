"""kill -9 of the processes that hold the sockets: at each point where it could matter, then at random."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from tests.chaos import naive_runs, world
from tests.chaos.arena import locked, waiters
from tests.chaos.ground import Ground
from tests.chaos.stage import UNHURRIED, Stage, planned, stage, wait_until
from tests.chaos.verdict import Verdict, conclude
from tests.chaos.watcher import look
from tests.fakes.smtp_faults import Kill

NAME = "kills"
ABOUT = "kill -9 of two senders at fixed points, then at random"
POINTS = ("before_354", "mid_body", "after_dot_before_answer", "after_answer")
OBSTACLES = {
    "before the mark": "LOCK TABLE newsletter_chunk IN EXCLUSIVE MODE",
    "before the outcomes": "LOCK TABLE newsletter_outcome IN SHARE MODE",
}
ALIVE = (0.05, 0.7)
FULL, QUICK = (9000, 200), (600, 12)
TOO_FEW = 1000
LETTERS = 6


@dataclass
class Prey:
    """One sender: how long it may live once it holds connections, and how it died."""

    name: str
    until: float = 0.0

    def hunt(self, made: Stage, chance: random.Random) -> int:
        """Kill it when its time has come; returns how many connections it held then."""
        held = made.sockets_of(self.name)
        if not self.until and held:
            self.until = time.monotonic() + chance.uniform(*ALIVE)
        elif self.until and time.monotonic() > self.until:
            self.replace(made)
            return held
        return 0

    def replace(self, made: Stage) -> None:
        made.crew.kill(self.name)
        made.start_sender(self.name)
        self.until = 0.0


def run(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    mails, kills = QUICK if quick else FULL
    with stage(ground, NAME, seed) as made:
        people = world.leads(mails // (1 if quick else LETTERS))
        for number in range(mails // len(people)):
            world.campaign(made.owner, name=f"Letter {number}", subject=f"Letter {number}")
        made.start_senders()
        planned(mails)
        at_points = 0 if quick else walk_through_the_points(made)
        sockets = at_random(made, kills, random.Random(seed))
        verdict = Verdict({"kills": f"{at_points} at points + {kills} at random", "sockets held": sum(sockets)})
        verdict.must(min(sockets) > 0, "a process was killed that held no socket")
        return conclude(made, verdict, doubts_at_most=lambda: settings.SENDER_CONNECTIONS * (kills + at_points))


def walk_through_the_points(made: Stage) -> int:
    for phase in POINTS:
        for _ in made.senders:
            kill_when_the_relay_hears(made, phase)
    for obstacle in OBSTACLES.values():
        kill_who_waits_for(made, obstacle)
    return (len(POINTS) + len(OBSTACLES)) * len(made.senders)


def kill_when_the_relay_hears(made: Stage, phase: str) -> None:
    """Whoever brings the relay to this point for the third time from now dies there."""
    made.sink.rules.kills[:] = [Kill(phase, 3, holder=made.holder)]
    wait_until(lambda: fallen(made), what=f"the kill {phase}")
    made.sink.rules.kills[:] = []
    for name in fallen(made):
        made.crew.processes[name].wait()
        made.start_sender(name)


def fallen(made: Stage) -> list[str]:
    return [name for name in made.senders if made.crew.processes[name].poll() is not None]


def kill_who_waits_for(made: Stage, obstacle: str) -> None:
    """Both senders wait for the same lock, and die before that statement."""
    wait_until(lambda: all(made.sockets_of(name) for name in made.senders), what="both senders at work")
    with locked(obstacle):
        wait_until(lambda: waiters() >= len(made.senders), what="senders before the obstacle")
        for name in made.senders:
            made.crew.kill(name)
    for name in made.senders:
        made.start_sender(name)


def at_random(made: Stage, kills: int, chance: random.Random, *, idle: Callable[[], None] = lambda: None) -> list[int]:
    """Kill both again and again, independently; returns how many sockets each victim held.

    `idle` is called now and then while nobody holds a connection.
    """
    prey = [Prey(name) for name in made.senders]
    sockets: list[int] = []
    letters, deadline = 0, time.monotonic() + 30 + 20 * kills
    while len(sockets) < kills and time.monotonic() < deadline:
        for one in prey:
            held = one.hunt(made, chance)
            if held and len(sockets) < kills:
                sockets.append(held)
                letters += top_up(made, letters)
        if not any(one.until for one in prey):
            idle()
        time.sleep(0.02)
    connection.close()
    return sockets + [0] * (kills - len(sockets))


def top_up(made: Stage, letters: int) -> int:
    """Another letter to everybody when the work runs short: the last kill must still meet a sender at work."""
    seen = look()
    if seen.open > min(TOO_FEW, seen.planned // 3):
        return 0
    world.campaign(made.owner, name=f"Another {letters}", subject=f"Another letter {letters}")
    return 1


def control(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    """Senders that write down what they sent after the batch, killed the same way."""
    mails, kills = (300, 6) if quick else (1500, 40)
    return naive_runs.killed(ground, mails=mails, kills=kills, rules={"seed": seed, "latency": UNHURRIED})
