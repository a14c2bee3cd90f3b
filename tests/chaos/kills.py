"""kill -9 of the processes that hold the sockets: at each point where it could matter, then at random."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from leads.models import Lead
from newsletter.campaigns.models import CampaignStatus
from newsletter.models import Campaign, Chunk, Later
from tests.chaos import deaths, naive_runs, world
from tests.chaos.arena import BEFORE_THE_MARK, BEFORE_THE_OUTCOMES, Obstacle, locked, waits_with
from tests.chaos.ground import Ground
from tests.chaos.stage import UNHURRIED, InVain, Stage, planned, stage, wait_until
from tests.chaos.verdict import Verdict, conclude
from tests.fakes.smtp_faults import Kill

NAME = "kills"
ABOUT = "kill -9 of two senders at fixed points, then at random"
POINTS = ("before_354", "mid_body", "after_dot_before_answer", "after_answer")
OBSTACLES = (BEFORE_THE_MARK, BEFORE_THE_OUTCOMES)
TRIES = 20
ALIVE, ALIVE_IN_STRIDE = (0.05, 0.7), (0.0, 0.3)
HURRIED = (0.0, 0.001)
"""Seconds before each reply to a dot. Only for a relay as quick as this do windows grow to their full length, and is
the next one marked while one leaves."""

FULL, QUICK = (9000, 200), (600, 12)
TOO_FEW = 1000
LETTERS = 6


@dataclass
class Prey:
    """One sender: how long it may live once it is at work, or has marked so long a window, and until when it does."""

    name: str
    alive: tuple[float, float]
    stride: int = 0
    until: float = 0.0

    def hunt(self, made: Stage, chance: random.Random) -> bool:
        """Kill it when its time has come; whether it was killed. Who holds nothing then gets another time."""
        is_at_work = made.sockets_of(self.name) > 0
        if not self.until and is_at_work and deaths.has_marked(self.stride, made.crew.processes[self.name].pid):
            self.until = time.monotonic() + chance.uniform(*self.alive)
        elif self.until and time.monotonic() > self.until:
            self.until = 0.0
            if is_at_work and made.kill(self.name):
                made.start_sender(self.name)
                return True
        return False


def run(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    mails, kills = QUICK if quick else FULL
    with stage(ground, NAME, seed) as made:
        people = world.leads(mails // (1 if quick else LETTERS))
        for number in range(mails // len(people)):
            world.campaign(made.owner, name=f"Letter {number}", subject=f"Letter {number}")
        made.start_senders()
        planned(mails)
        at_points = 0 if quick else walk_through_the_points(made)
        chance, in_haste = random.Random(seed), kills // 2
        at_random(made, kills - in_haste, chance)
        made.sink.rules.latency = HURRIED
        at_random(made, in_haste, chance, stride=settings.SENDER_WINDOW)
        verdict = Verdict({"kills": f"{at_points} at points + {kills} at random, {in_haste} of them in haste"})
        conclude(made, verdict, doubts_at_most=lambda: settings.SENDER_CONNECTIONS * (kills + at_points))
        verdict.must(len(made.deaths) == kills + at_points, f"{len(made.deaths)} were seen to die")
        return one_by_one(made, verdict)


def one_by_one(made: Stage, verdict: Verdict) -> Verdict:
    """What each held at its death, what it left in doubt, and that the journal and the relay's log settled some."""
    left, windows = verdict.doubts.left_by, [death.windows for death in made.deaths]
    over = [death for death in made.deaths if left[death.owner] > death.sockets]
    full = sum(1 for held in windows if any(window.size == settings.SENDER_WINDOW for window in held))
    ahead = sum(1 for held in windows if len(held) > 1)
    verdict.figures |= {
        "sockets held": sum(death.sockets for death in made.deaths),
        "most doubts by one": max(left.values(), default=0),
        "most marked and unanswered": max(death.unanswered for death in made.deaths),
        f"in a window of {settings.SENDER_WINDOW}": full,
        "with two marked": ahead,
    }
    verdict.must(not over, f"{len(over)} left more in doubt than they held connections, such as {over[:1]}")
    verdict.must(left.keys() <= {death.owner for death in made.deaths}, "doubts of somebody whom nobody killed")
    verdict.must(full, f"nobody was killed in a window of {settings.SENDER_WINDOW}")
    verdict.must(ahead, "nobody was killed with two windows marked")
    for way in ("journal", "look-up"):
        verdict.must(verdict.doubts.settled_by[way], f"the {way} settled nothing")
    return verdict


def walk_through_the_points(made: Stage) -> int:
    for phase in POINTS:
        for _ in made.senders:
            kill_when_the_relay_hears(made, phase)
    for obstacle in OBSTACLES:
        kill_right_before(made, obstacle)
    return (len(POINTS) + len(OBSTACLES)) * len(made.senders)


def kill_when_the_relay_hears(made: Stage, phase: str) -> None:
    """Whoever brings the relay to this point for the third time from now dies there."""
    made.sink.rules.kills[:] = [Kill(phase, 3, holder=made.victim)]
    wait_until(lambda: fallen(made), what=f"the kill {phase}")
    made.sink.rules.kills[:] = []
    for name in fallen(made):
        made.crew.processes[name].wait()
        made.start_sender(name)


def fallen(made: Stage) -> list[str]:
    return [name for name in made.senders if made.crew.processes[name].poll() is not None]


def kill_right_before(made: Stage, obstacle: Obstacle) -> None:
    """Each sender dies while it waits for the lock with that very statement; who waits with another one goes on."""
    alive = list(made.senders)
    for _ in range(TRIES):
        dead = kill_at_the_lock(made, obstacle, alive)
        for name in dead:
            made.start_sender(name)
        alive = [name for name in alive if name not in dead]
        if not alive:
            return
    raise InVain(f"{alive} never waited with {obstacle.statement}")


def kill_at_the_lock(made: Stage, obstacle: Obstacle, names: list[str]) -> list[str]:
    """Wait until all of these wait for the lock; returns who was killed."""
    pids = {name: made.crew.processes[name].pid for name in names}
    wait_until(lambda: all(made.sockets_of(name) for name in names), what="all senders at work")
    with locked(obstacle.lock):
        wait_until(lambda: all(waits_with(pid, obstacle.table) for pid in pids.values()), what="all at the lock")
        return [name for name, pid in pids.items() if obstacle.halts(pid) and made.kill(name)]


def at_random(
    made: Stage,
    kills: int,
    chance: random.Random,
    *,
    stride: int = 0,
    idle: Callable[[], None] = lambda: None,
) -> None:
    """Kill all senders again and again, independently: a while after each has connections, or is in full stride.

    `idle` is called now and then while nobody holds a connection.
    """
    prey = [Prey(name, ALIVE_IN_STRIDE if stride else ALIVE, stride) for name in made.senders]
    done, letters, deadline = 0, 0, time.monotonic() + 30 + 20 * kills
    while done < kills:
        for one in prey:
            if done < kills and one.hunt(made, chance):
                done += 1
                letters += top_up(made, letters)
        if not any(one.until for one in prey):
            idle()
            letters += top_up(made, letters)
        if time.monotonic() > deadline:
            raise InVain(f"only {done} of {kills} were killed")
        time.sleep(0.02)
    connection.close()


def top_up(made: Stage, letters: int) -> int:
    """Another letter to everybody when the work runs short: the last kill must still meet a sender at work."""
    chunks = Chunk.objects.filter(done=False).values_list("size", "mark")
    left = Later.objects.count() + sum(size - mark for size, mark in chunks)
    is_on_its_way = Campaign.objects.filter(status=CampaignStatus.SCHEDULED).exists()
    if is_on_its_way or left > min(TOO_FEW, Lead.objects.count() // 3):
        return 0
    world.campaign(made.owner, name=f"Another {letters}", subject=f"Another letter {letters}")
    return 1


def control(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    """Senders that write down what they sent after the batch, killed the same way."""
    mails, kills = (300, 6) if quick else (1500, 40)
    return naive_runs.killed(ground, mails=mails, kills=kills, rules={"seed": seed, "latency": UNHURRIED})
