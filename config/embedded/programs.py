"""A program that is meant to run: how it starts, how one knows that it is ready, how it stops.

Each runs in a process group of its own, on a leash: it ends when we end, even by kill -9.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.embedded.account import Account
from config.embedded.unavailable import Unavailable

LEASH = Path(__file__).with_name("leash.py")
POLL_SECONDS = 0.03
LONG_LOG = 5_000_000


@dataclass(frozen=True)
class Program:
    name: str
    command: tuple[str, ...]
    log: Path
    is_ready: Callable[[], bool]
    environ: Mapping[str, str] = field(default_factory=dict)
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    patience: float = 10.0
    directory: Path = Path("/")


class Running:
    """A program as a child process."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._process = _spawn(program)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Return how it ended, or None while it runs."""
        return self._process.poll()

    def wait_until_ready(self, *, within: float = 30.0) -> None:
        """Return when it answers; say why not if it ends first or takes too long."""
        deadline = time.monotonic() + within
        while not self.program.is_ready():
            if self.exit_code is not None:
                raise Unavailable(f"{self.program.name} ended at once: {self.last_words()}")
            if time.monotonic() > deadline:
                raise Unavailable(f"{self.program.name} did not answer in {within:.0f} s: {self.last_words()}")
            time.sleep(POLL_SECONDS)

    def ask_to_stop(self) -> None:
        if self.exit_code is None:
            self._process.send_signal(self.program.stop_signal)

    def stop(self) -> None:
        """Ask it to stop, wait for as long as it may take, then leave nothing of its group."""
        self.ask_to_stop()
        try:
            self._process.wait(self.program.patience)
        except subprocess.TimeoutExpired:
            self._kill_group()
            self._process.wait()
        self._kill_group()

    def last_words(self) -> str:
        """Return the last line that it wrote down."""
        lines = self.program.log.read_text(errors="replace").split("\n") if self.program.log.exists() else []
        written = [line for line in lines if line.strip()]
        return f"{written[-1].strip()} ({self.program.log})" if written else f"see {self.program.log}"

    def _kill_group(self) -> None:
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return


def _spawn(program: Program) -> subprocess.Popen[bytes]:
    _make_room(program.log)
    uid, gid = (program.account.uid, program.account.gid) if program.account else (-1, -1)
    leash = [sys.executable, "-I", "-S", str(LEASH), str(int(program.stop_signal)), str(os.getpid())]
    with program.log.open("ab") as log:
        return subprocess.Popen(
            [*leash, str(uid), str(gid), *program.command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **program.environ},
            cwd=program.directory,
            process_group=0,
        )


def _make_room(log: Path) -> None:
    """Begin a new log beside the old one when that has grown long."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LONG_LOG:
        log.replace(log.with_suffix(".old"))
