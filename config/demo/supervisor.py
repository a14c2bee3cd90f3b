"""Keep programs running until told to stop; leave none behind.

Whoever dies is started again, after a pause that doubles with each death in a row. Every process is in the
ledger as long as it runs. Nothing here knows what the programs are.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from config.demo import ledger
from config.embedded.programs import Program, Running
from config.embedded.unavailable import Unavailable

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
GOOD_HEALTH = 60.0
GLANCE = 0.2


@dataclass
class Kept:
    """A program that is to run, and how its life has gone so far."""

    running: Running
    began: float
    outlives_others: bool = False
    deaths: int = 0
    due: float | None = None


class Supervisor:
    def __init__(self, ledger_path: Path, *, say: Callable[[str], None]) -> None:
        self._ledger_path = ledger_path
        self._say = say
        self._kept: list[Kept] = []

    def adopt(self, running: Running) -> None:
        """Keep a program running that somebody else has started, and that the others need: it stops last."""
        self._keep(Kept(running, began=time.monotonic(), outlives_others=True))

    def start(self, program: Program) -> Running:
        running = Running(program)
        self._keep(Kept(running, began=time.monotonic()))
        return running

    def finish(self, program: Program, *, within: float) -> None:
        """Run a program to its end; raise with its last words if that is not a good one."""
        running = self.start(program)
        deadline = time.monotonic() + within
        while running.exit_code is None and time.monotonic() < deadline:
            self._raise_if_one_died(but=running)
            time.sleep(GLANCE / 4)
        code = running.exit_code
        running.stop()
        self._kept = [kept for kept in self._kept if kept.running is not running]
        self._write_down()
        if code != 0:
            raise Unavailable(running.last_words())

    def watch(self) -> None:
        """Restart what dies, for as long as nobody interrupts."""
        while True:
            self.look_around()
            time.sleep(GLANCE)

    def look_around(self) -> None:
        for kept in self._kept:
            self._look_after(kept, now=time.monotonic())

    def stop(self) -> None:
        """Ask all to stop who need others, wait for them, and then stop those whom they needed."""
        for kept in self._kept:
            if not kept.outlives_others:
                kept.running.ask_to_stop()
        for kept in sorted(self._kept, key=lambda kept: kept.outlives_others):
            kept.running.stop()
        self._ledger_path.unlink(missing_ok=True)

    def _look_after(self, kept: Kept, *, now: float) -> None:
        code = kept.running.exit_code
        if code is None:
            if now - kept.began > GOOD_HEALTH:
                kept.deaths = 0
        elif kept.due is None:
            pause = min(FIRST_PAUSE * 2**kept.deaths, LONGEST_PAUSE)
            kept.deaths, kept.due = kept.deaths + 1, now + pause
            name, words = kept.running.program.name, kept.running.last_words()
            self._say(f"{name} ended ({code}); it starts again in {pause:g} s. Its last words: {words}")
        elif now >= kept.due:
            kept.running.stop()
            kept.running, kept.began, kept.due = Running(kept.running.program), now, None
            self._write_down()

    def _keep(self, kept: Kept) -> None:
        self._kept.append(kept)
        self._write_down()

    def _raise_if_one_died(self, *, but: Running) -> None:
        for kept in self._kept:
            if kept.running is not but and kept.running.exit_code is not None:
                raise Unavailable(f"{kept.running.program.name} ended at once: {kept.running.last_words()}")

    def _write_down(self) -> None:
        ledger.write(self._ledger_path, (kept.running.pid for kept in self._kept))
