"""Two beats, four workers that do everything, and every tick five times over: nobody gets anything twice.

Half of the mails are a campaign's, half are steps of a course, planned while several ticks look at once.
"""

import threading

from newsletter.tasks import tick
from tests.chaos import naive_runs, world
from tests.chaos.ground import Ground
from tests.chaos.stage import Stage, stage, wait_until
from tests.chaos.verdict import Verdict, conclude
from tests.chaos.watcher import look

NAME = "two_beats"
ABOUT = "two beats, four workers, every tick five times"
FULL, QUICK = 5000, 400
WORKERS, TIMES, STEPS = 4, 5, 2
QUEUES = "tick,marketing,transactional"
DAY = "2"
"""Seconds that a day of the course lasts."""


class Ringer:
    """Rings for a tick five times a second, whatever the beats do."""

    def __init__(self) -> None:
        self._stop, self.rings = threading.Event(), 0
        self._thread = threading.Thread(target=self._ring, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *problem):
        self._stop.set()
        self._thread.join(10)

    def _ring(self):
        while not self._stop.wait(1.0):
            for _ in range(TIMES):
                tick.apply_async(retry=False)
                self.rings += 1


def start_everybody(made: Stage) -> None:
    for number in range(WORKERS):
        made.crew.start_worker(QUEUES, name=f"worker{number}", SEQUENCE_DAY_SECONDS=DAY)
    for name in ("beat1", "beat2"):
        made.crew.start_beat(name, SEQUENCE_DAY_SECONDS=DAY)


def run(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    mails = QUICK if quick else FULL
    with stage(ground, NAME, seed, {"latency": (0.0, 0.01)}) as made, Ringer() as ringer:
        readers = world.leads(mails // 2)
        followers = world.leads(mails // 2 // STEPS, name="f")
        world.enrol(followers, world.course(STEPS))
        start_everybody(made)
        world.campaign(made.owner)
        expected = len(readers) + len(followers) + STEPS * len(followers)
        wait_until(lambda: look().deliveries >= expected, within=180, what=f"the plan of {expected}")
        verdict = conclude(made, Verdict({"expected": expected}), doubts_at_most=lambda: 0)
        verdict.figures["extra rings"] = ringer.rings
        verdict.must(look().deliveries == expected, f"{look().deliveries} planned")
        verdict.must(verdict.figures["accepted"] == expected, "not everybody got what was planned")
        return verdict


def control(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    """Four senders that lock nothing."""
    with naive_runs.naive_stage(ground, mails=QUICK, rules={"seed": seed, "latency": (0.0, 0.01)}) as made:
        names = naive_runs.start(made, "unlocked", count=WORKERS)
        return naive_runs.to_the_end(made, names, {"workers": WORKERS})
