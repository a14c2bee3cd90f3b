"""Where senders are killed: a real database, a real relay that writes down what it takes, real processes."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from django.conf import settings
from django.db import connection

from newsletter.deliveries.models import Delivery, Uncertain
from tests.fakes.smtp_faults import Kill
from tests.fakes.smtp_sink import SmtpSink

CONNECTIONS = 4
WINDOW = 50
PATIENCE = 60.0


@dataclass(frozen=True)
class Obstacle:
    """A lock on a table that halts a sender right before one statement, and how that statement reads."""

    table: str
    mode: str
    statement: str

    @property
    def lock(self) -> str:
        return f"LOCK TABLE {self.table} IN {self.mode} MODE"

    def halts(self, pid: int) -> bool:
        """Whether it is this statement that this process waits with."""
        return self.statement in waits_with(pid, self.table)


BEFORE_THE_MARK = Obstacle("newsletter_chunk", "EXCLUSIVE", "UPDATE newsletter_chunk SET mark")
BEFORE_THE_OUTCOMES = Obstacle("newsletter_outcome", "SHARE", "INSERT INTO newsletter_outcome")


@dataclass
class Arena:
    """One relay, one folder for the journals, and the sender process of the moment."""

    sink: SmtpSink
    folder: Path
    command: list[str]
    window: int = WINDOW
    kills: int = 0
    processes: list[subprocess.Popen] = field(default_factory=list)

    @property
    def pid_file(self) -> Path:
        return self.folder / "sender.pid"

    def start(self) -> subprocess.Popen:
        process = subprocess.Popen(self.command, env=environment(self.sink.port, self.folder, window=self.window))
        self.pid_file.write_text(str(process.pid))
        self.processes.append(process)
        return process

    def run_until_killed_by_the_relay(self, phase: str, nth: int = 3) -> None:
        """Have the relay kill the sender when this phase is reached for the nth time from now."""
        self.sink.rules.kills[:] = []
        self.sink.rules.kills.append(self._kill(phase, nth))
        self._await_death(self.start())

    def run_until_it_waits_for(self, obstacle: Obstacle) -> None:
        """Lock what a sender at work needs next, and kill it while it waits: exactly before that statement."""
        so_far = len(self.sink.accepted)
        process = self.start()
        wait_for(lambda: self.has_handed_over(so_far + 1))
        with locked(obstacle.lock):
            wait_for(lambda: waits_with(process.pid, obstacle.table) != "" or process.poll() is not None)
            assert process.poll() is None, "the sender ended before it reached the obstacle"
            assert obstacle.halts(process.pid), f"it waits with {waits_with(process.pid, obstacle.table)}"
            process.kill()
            self._await_death(process)

    def run_until_a_row_halts_it(self, row: str) -> None:
        """Lock a row that a process needs on its way, and kill it while it waits for that; nobody else is at work."""
        with locked(row):
            process = self.start()
            wait_for(lambda: waits_for_a_row(process.pid) or process.poll() is not None)
            assert process.poll() is None, "the process ended before it reached the row"
            process.kill()
            self._await_death(process)

    def run_to_the_end(self) -> None:
        process = self.start()
        assert process.wait(PATIENCE) == 0

    def has_handed_over(self, count: int) -> bool:
        """Whether so many mails were taken, or the sender has ended."""
        return len(self.sink.accepted) >= count or self.processes[-1].poll() is not None

    def accepted(self) -> Counter[str]:
        """How often the relay took a mail for each recipient."""
        return Counter(entry["recipient"] for entry in self.sink.accepted)

    def _kill(self, phase: str, nth: int) -> Kill:
        return Kill(phase, nth, str(self.pid_file))

    def _await_death(self, process: subprocess.Popen) -> None:
        assert process.wait(PATIENCE) == -signal.SIGKILL
        self.kills += 1


def environment(port: int, folder: Path, *, window: int = WINDOW) -> dict[str, str]:
    """What a process of ours is told: our database and keys, a folder of its own, and the relay on this port."""
    database = connection.settings_dict
    return {
        **os.environ,
        "SECRET_KEY": settings.SECRET_KEY,
        "ADDRESS_PEPPER": settings.ADDRESS_PEPPER.decode(),
        "LINK_KEYS": ",".join(f"{version}:{key.hex()}" for version, key in settings.LINK_KEYS.items()),
        "DATABASE_URL": (
            f"postgres://{database['USER']}:{database['PASSWORD']}"
            f"@{database['HOST']}:{database['PORT']}/{database['NAME']}"
        ),
        "VAR_DIR": str(folder),
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(port),
        "SMTP_SECURITY": "none",
        "SENDER_CONNECTIONS": str(CONNECTIONS),
        "SENDER_WINDOW": str(window),
    }


@contextmanager
def arena(folder: Path, command: list[str], *, window: int = WINDOW, **rules: object) -> Iterator[Arena]:
    with SmtpSink({"seed": 7, **rules}) as sink:
        made = Arena(sink, folder, command, window)
        try:
            yield made
        finally:
            for process in made.processes:
                if process.poll() is None:
                    process.kill()
                    process.wait()


def real_sender() -> list[str]:
    return [sys.executable, "manage.py", "send", "--lane", "marketing", "--drain"]


def naive_sender() -> list[str]:
    return [sys.executable, "-m", "tests.chaos.naive"]


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def settle_by_the_relays_log(made: Arena, evidence: Callable[[int, bool], object]) -> int:
    """Settle what is uncertain as a person would who asks the relay; returns how many there were."""
    doubts = list(Uncertain.objects.values_list("delivery_id", flat=True))
    taken = {entry["recipient"] for entry in made.sink.accepted}
    for delivery in Delivery.objects.filter(id__in=doubts):
        evidence(delivery.pk, _address(delivery) in taken)
    return len(doubts)


def _address(delivery: Delivery) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT email FROM leads_lead WHERE id = %s", [delivery.lead_id])
        return cursor.fetchone()[0]


@contextmanager
def locked(obstacle: str) -> Iterator[None]:
    """Hold a table lock on a connection of its own until the block ends."""
    side = connection.copy()
    try:
        side.set_autocommit(False)
        with side.cursor() as cursor:
            cursor.execute(obstacle)
        yield
    finally:
        side.rollback()
        side.close()


def waits_with(pid: int, table: str) -> str:
    """The statement with which this process waits for a lock on this table; empty while it does not wait for one."""
    found = [statement for on, _kind, statement in awaited_by(pid) if on == table]
    return found[0] if found else ""


def waits_for_a_row(pid: int) -> bool:
    """Whether a session of this process waits for the end of somebody else's transaction."""
    return any(kind == "transactionid" for _on, kind, _statement in awaited_by(pid))


def awaited_by(pid: int) -> list[tuple[str | None, str, str]]:
    """The locks that sessions of this process wait for: on which table, of which kind, with which statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.relation::regclass::text, l.locktype, a.query FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
            " WHERE NOT l.granted AND a.client_port = ANY(%s)",
            [ports_at_the_database(pid)],
        )
        return cursor.fetchall()


def ports_at_the_database(pid: int) -> list[int]:
    """By which its sessions are told from everybody else's."""
    try:
        held = psutil.Process(pid).net_connections(kind="tcp")
    except psutil.Error:
        return []
    port = int(connection.settings_dict["PORT"])
    return [one.laddr.port for one in held if one.raddr and one.raddr.port == port]
