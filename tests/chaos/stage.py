"""Where a run is played: the relay, the crew, the watcher, and what is asked of all three."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings
from django.db import OperationalError, connection

from accounts.models import User
from tests.chaos import deaths, world
from tests.chaos.arena import environment
from tests.chaos.deaths import Death
from tests.chaos.ground import Ground
from tests.chaos.watcher import Balance, Watcher, look
from tests.chaos.workers import Crew
from tests.fakes.smtp_sink import SmtpSink

UNHURRIED = (0.02, 0.06)
"""Seconds before each reply to a dot, so that a run lasts long enough to be disturbed."""


class InVain(Exception):
    """Something that had to happen did not."""


@dataclass
class Stage:
    ground: Ground
    folder: Path
    seed: int
    sink: SmtpSink
    crew: Crew
    watcher: Watcher
    owner: User
    spare: SmtpSink | None = None
    senders: list[str] = field(default_factory=list)
    deaths: list[Death] = field(default_factory=list)

    @property
    def relays(self) -> list[SmtpSink]:
        return [self.sink, self.spare] if self.spare else [self.sink]

    @property
    def accepted(self) -> list[dict[str, Any]]:
        """What was taken, whichever relay took it."""
        return [entry for relay in self.relays for entry in relay.accepted]

    def start_senders(self, count: int = 2, **environ: str) -> None:
        """The workers of the marketing lane, the one of the tick, and beat."""
        self.crew.start_worker("tick", **environ)
        self.crew.start_beat(**environ)
        for number in range(count):
            name = f"sender{number + 1}"
            self.senders.append(name)
            self.start_sender(name, **environ)

    def start_sender(self, name: str, **environ: str) -> None:
        self.crew.start_worker("marketing", name=name, **environ)

    def has_taken(self, count: int) -> bool:
        """Whether the relay has taken so many mails."""
        return len(self.accepted) >= count

    def sockets_of(self, name: str) -> int:
        """How many connections to a relay this process holds."""
        return len(self._peers(self.crew.processes[name].pid))

    def kill(self, name: str) -> bool:
        """Kill a sender that holds connections; one that holds none lives on.

        It is stopped for as long as it takes to look at what it holds, and dies before it has run again.
        """
        process = psutil.Process(self.crew.processes[name].pid)
        process.suspend()
        wait_until(lambda: process.status() == psutil.STATUS_STOPPED, what="the sender's standstill")
        sockets = self.sockets_of(name)
        try:
            journal = deaths.journal_of(process.pid, self.folder)
        except ProcessLookupError:
            sockets = 0
        if not sockets:
            process.resume()
            return False
        self.deaths.append(Death(journal.stem, sockets, deaths.windows_of(journal)))
        self.crew.kill(name)
        return True

    def victim(self, port: int) -> int:
        """The process at the other end of a connection to the relay, which is about to die."""
        for process in self.crew.processes.values():
            held = self._peers(process.pid)
            if port in held:
                self.deaths.append(Death(deaths.journal_of(process.pid, self.folder).stem, len(held)))
                return process.pid
        raise ProcessLookupError(port)

    def _peers(self, pid: int) -> set[int]:
        try:
            held = psutil.Process(pid).net_connections(kind="tcp")
        except psutil.Error:
            return set()
        ports = {relay.port for relay in self.relays}
        return {one.laddr.port for one in held if one.raddr and one.raddr.port in ports}


@contextmanager
def stage(
    ground: Ground, name: str, seed: int, rules: dict[str, Any] | None = None, *, with_spare: bool = False
) -> Iterator[Stage]:
    """An empty world with a clinic, a relay that takes its time and writes down what it takes, and nobody at work.

    With a spare relay, the marketing lane turns to that one while the first is left alone.
    """
    folder = ground.room(name)
    deaths.watch_marks()
    world.empty()
    described = {"seed": seed, "latency": UNHURRIED, **(rules or {})}
    with ExitStack() as open_too:
        sink = open_too.enter_context(SmtpSink(described, log=folder / "relay.jsonl", fsync=False))
        environ = {
            **environment(sink.port, folder, window=settings.SENDER_WINDOW),
            "REDIS_URL": ground.redis_url,
        }
        spare = None
        if with_spare:
            calm = {"seed": seed, "latency": UNHURRIED}
            spare = open_too.enter_context(SmtpSink(calm, log=folder / "spare.jsonl", fsync=False))
            environ |= second_relay(spare.port)
        made = Crew(folder, environ)
        try:
            with Watcher() as watcher:
                yield Stage(ground, folder, seed, sink, made, watcher, world.clinic(), spare)
        finally:
            made.end()


def second_relay(port: int) -> dict[str, str]:
    """What tells a process that the marketing lane has another relay to turn to."""
    return {
        "SPARE_MAILERS": json.dumps({"spare": {"OPTIONS": {"host": "127.0.0.1", "port": port}}}),
        "MARKETING_LANE": json.dumps({"fail_over": "spare"}),
    }


def wait_until(condition: Callable[[], object], *, within: float = 60.0, what: str = "it") -> float:
    """Wait for what must happen; returns how long it took, raises InVain. A database that restarts is waited for."""
    began = time.monotonic()
    while not _holds(condition):
        if time.monotonic() - began > within:
            raise InVain(f"{what} did not happen within {within:.0f} s")
        time.sleep(0.02)
    return time.monotonic() - began


def _holds(condition: Callable[[], object]) -> bool:
    try:
        return bool(condition())
    except OperationalError:
        connection.close()
        return False


def planned(count: int) -> None:
    """Wait until the tick has planned so many deliveries."""
    wait_until(lambda: look().deliveries >= count, what=f"the plan of {count}")


def drained(*, within: float = 120.0, hasten: bool = True) -> Balance:
    """Wait until nothing is left to a sender; what is uncertain may be. What waits for its time gets it."""

    def is_empty() -> bool:
        if hasten:
            let_time_pass()
        return look().open == 0

    wait_until(is_empty, within=within, what="the end of the work")
    return look()


def let_time_pass() -> None:
    """Bring forward what waits for another attempt, as the passing of time would."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE newsletter_later SET due_at = clock_timestamp()"
            " WHERE due_at > clock_timestamp() AND marked_at IS NULL AND attempt > 0"
        )
        cursor.execute(
            "UPDATE newsletter_chunk SET due_at = clock_timestamp()"
            " WHERE due_at > clock_timestamp() AND NOT done AND mark > 0"
        )
