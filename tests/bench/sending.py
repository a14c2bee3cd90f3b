"""Senders at work, as in production, and what they cost: processes of `manage.py send`, or a Celery worker's slot.

Time and processor time run from the first acceptance to the last (the outcomes say when they were), so that starting
and ending Python is not in them; both are told apart. What is missing is one window's gate at the beginning and
one window's record at the end, whatever the number of mails.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

from clinic.clock import database_now
from newsletter.deliveries import bell
from newsletter.deliveries.models import CHUNK_SIZE, Lane, State
from newsletter.deliveries.standing import heartbeats
from tests.bench import crowd, load
from tests.bench.crowd import Batch
from tests.bench.ground import Ground
from tests.bench.measure import Measured
from tests.bench.relay import Relay

LOOK_SECONDS = 0.02
PATIENCE = 1800.0
DRAIN = (sys.executable, "manage.py", "send", "--lane", "marketing", "--drain")
WORKER = (sys.executable, "manage.py", "worker", "marketing")
ACCEPTED = f"""
SELECT count(*) FILTER (WHERE o.state = %(submitted)s), extract(epoch FROM min(o.at))::float8,
       extract(epoch FROM max(o.at))::float8
FROM newsletter_batch b JOIN newsletter_chunk c ON c.batch_id = b.id
JOIN newsletter_outcome o ON o.delivery_id / {CHUNK_SIZE} = c.id
WHERE b.kind = %(kind)s AND b.owner_id = %(owner)s
"""  # noqa: S608
UNFINISHED = """
SELECT count(*) FROM newsletter_batch b JOIN newsletter_chunk c ON c.batch_id = b.id
WHERE b.kind = %(kind)s AND b.owner_id = %(owner)s AND NOT c.done
"""


@dataclass
class Sender:
    """One sender process, looked at while it runs: (moment, processor seconds so far), and its most memory."""

    process: subprocess.Popen
    looks: list[tuple[float, float]] = field(default_factory=list)
    peak_bytes: int = 0
    cpu_seconds: float = 0.0

    def look(self) -> bool:
        """Note how it is; False when it has ended."""
        if self._has_ended(os.WNOHANG):
            return False
        times = psutil.Process(self.process.pid).cpu_times()
        self.looks.append((time.time(), times.user + times.system))
        self.peak_bytes = max(self.peak_bytes, _high_water(self.process.pid))
        return True

    def wait(self) -> None:
        """Return when it has ended."""
        self._has_ended(0)

    def _has_ended(self, options: int) -> bool:
        found, status, used = os.wait4(self.process.pid, options)
        if found:
            self.process.returncode = os.waitstatus_to_exitcode(status)
            self.cpu_seconds = used.ru_utime + used.ru_stime
        return bool(found)

    def used_by(self, moment: float) -> float:
        """Processor seconds that it had used at this moment, by the straight line between the looks around it."""
        before, spent = 0.0, 0.0
        for at, used in self.looks:
            if at >= moment:
                return spent + (used - spent) * (moment - before) / (at - before)
            before, spent = at, used
        return spent


def environment(ground: Ground, relay: Relay, **variables: str) -> dict[str, str]:
    return ground.environment(SMTP_PORT=str(relay.port), **variables)


def drive(ground: Ground, relay: Relay, batch: Batch, *, processes: int = 1, **variables: str) -> Measured:
    """Have this many sender processes carry out the batch. Raises Unexpected unless every mail was submitted."""
    database, around = database_seconds(ground), time.time()
    senders = [start(DRAIN, environment(ground, relay, **variables)) for _ in range(processes)]
    watch(senders)
    for sender in senders:
        crowd.expect("is a sender's exit code", sender.process.returncode, 0)
    return measured(
        batch, senders, whole=time.time() - around, relay=relay, database=database_seconds(ground) - database
    )


@contextmanager
def worker_at_hand(ground: Ground, relay: Relay) -> Iterator[Sender]:
    """A Celery worker that waits for its lane's bell. What it sends must be over when the block ends."""
    heartbeats.beat(heartbeats.sender(Lane.MARKETING), now=database_now(), doing=heartbeats.WORKING)
    worker = start(WORKER, environment(ground, relay, PYTHONWARNINGS="ignore"))
    try:
        bell.ring(Lane.MARKETING)
        look_until(worker, _is_idle)
        yield worker
    finally:
        worker.process.terminate()
        watch([worker])


def _is_idle() -> bool:
    senders = heartbeats.sender(Lane.MARKETING)
    return any((part.name, part.doing) == (senders, heartbeats.IDLE) for part in heartbeats.all_parts())


def look_until_sent(worker: Sender, batch: Batch) -> None:
    """Look at it until nothing of the batch is left to do. Raises Unexpected when it ends or takes too long."""
    look_until(worker, lambda: is_finished(batch))


def look_until(worker: Sender, condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        if not worker.look() or time.monotonic() > until:
            raise crowd.Unexpected("The worker did not do its work.")
        time.sleep(LOOK_SECONDS)


def start(command: Sequence[str], variables: dict[str, str]) -> Sender:
    return Sender(subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL))


def watch(senders: Sequence[Sender]) -> None:
    """Look at them until all have ended."""
    running, until = list(senders), time.monotonic() + PATIENCE
    while running:
        running = [sender for sender in running if sender.look()]
        if time.monotonic() > until:
            for sender in running:
                sender.process.kill()
            raise crowd.Unexpected(f"The senders did not end within {PATIENCE:.0f} s.")
        time.sleep(LOOK_SECONDS)


def measured(batch: Batch, senders: Sequence[Sender], *, whole: float, relay: Relay, database: float) -> Measured:
    first, last = accepted(batch)
    startup = sum(sender.used_by(first) for sender in senders)
    spent = sum(sender.used_by(last) for sender in senders) - startup
    notes = {
        "whole_seconds": whole,
        "whole_rate": batch.size / whole,
        "startup_cpu_seconds": startup,
        "ending_cpu_seconds": sum(sender.cpu_seconds for sender in senders) - spent - startup,
        "database_cpu_us": database / batch.size * 1e6,
        "sink_cpu_us": relay.cpu_seconds() / batch.size * 1e6,
    }
    peak = max(sender.peak_bytes for sender in senders)
    return Measured(batch.size, last - first, spent, peak, notes)


def accepted(batch: Batch) -> tuple[float, float]:
    """When the first and the last mail of a batch were accepted. Raises Unexpected unless all were."""
    values = {"submitted": State.SUBMITTED, "kind": batch.kind, "owner": batch.owner}
    count, first, last = crowd.one_row(ACCEPTED, values)
    crowd.expect("were submitted", count, batch.size)
    return first, last


def is_finished(batch: Batch) -> bool:
    """Whether no sender has anything of it left to do."""
    return not crowd.one_row(UNFINISHED, {"kind": batch.kind, "owner": batch.owner})[0]


def database_seconds(ground: Ground) -> float:
    return load.tree_seconds(ground.servers.ours[0].pid)


def _high_water(pid: int) -> int:
    """The most memory that this program has had at once, as the kernel counts it."""
    try:
        with open(f"/proc/{pid}/status") as status:  # noqa: PTH123
            lines = [line for line in status if line.startswith("VmHWM:")]
    except OSError:
        return 0
    return int(lines[0].split()[1]) * 1024 if lines else 0
