"""The engine of sequences: people planned through a plan that branches, how that grows, and a tick with nothing to do.

ways-small, ways-large   10,000 and 1,000,000 people before a branch, all due at once: half of them go either way,
                         each gets a mail and is put before the next step
ways                     100,000 of them
ways-tag                 50,000 people who are tagged and mailed in one look; what it costs Python and the database
ways-beside, tag-beside  how long staff wait who again and again take the address and the way of whoever is next, on a
                         connection of their own, while 100,000 of the first kind, or 50,000 of the second, are planned
idle-tick                what a tick does for sequences among 1,000,000 enrolments of which none is due

Every run has a month of its own, so that no mail of another case counts for anybody's day.
"""

import gc
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

import psutil
from django.db import connection, transaction

from clinic.clock import database_now
from leads.models import Lead
from leads.people import addresses
from newsletter.deliveries.models import Kind
from newsletter.models import Sequence
from newsletter.sequences import goals, scanning
from newsletter.sequences.services import advance
from tests.bench import crowd, sending
from tests.bench.ground import Ground
from tests.bench.measure import Case, Figure, Measured
from tests.newsletter.sequences import plans, ways

LOOKS = 30
MONTH = timedelta(days=30)
ENTER = """
    INSERT INTO newsletter_enrolment (sequence_id, version_id, lead_id, state, next_position, due_at, since,
                                      enrolled_at, occasion, turn, is_asked_for, exit_reason)
    SELECT %(sequence)s, %(version)s, l.id, 'active', 0, %(due)s, %(due)s, %(due)s, %(occasion)s, 0, true, ''
    FROM leads_lead l WHERE l.status <> 'patient' AND l.erased_at IS NULL ORDER BY l.id LIMIT %(people)s
"""
NEXT = """
    SELECT e.id, l.address_hash FROM newsletter_enrolment e JOIN leads_lead l ON l.id = e.lead_id
    WHERE e.sequence_id = %s AND e.state = 'active' AND e.due_at <= %s ORDER BY e.due_at LIMIT 1
"""
HOLD = "SELECT 1 FROM newsletter_enrolment WHERE id = %s FOR NO KEY UPDATE"
PLANNED = """
    SELECT count(*) FROM newsletter_delivery d JOIN newsletter_enrolment e ON e.id = d.owner
    WHERE d.kind = %(kind)s AND e.sequence_id = %(sequence)s
"""

FIGURES = [
    Figure("ways", "people planned through a branch", "ways", 20_000, 25_000, unit="people/s"),
    Figure(
        "ways-growth",
        "time per person at 1,000,000 against 10,000 due",
        "ways-large",
        1.3,
        1.05,
        metric="us",
        to="ways-small",
        lower_is_better=True,
    ),
    Figure(
        "ways-memory",
        "memory that the engine gains over 1,000,000 due",
        "ways-large",
        40,
        10,
        metric="gained_mb",
        unit="MB",
        lower_is_better=True,
    ),
    Figure(
        "ways-tag",
        "processor time per person tagged and mailed",
        "ways-tag",
        100,
        70,
        metric="both_us",
        unit="us",
        lower_is_better=True,
    ),
    Figure(
        "staff-wait",
        "longest wait of staff for who is next among 100,000 that are planned",
        "ways-beside",
        500,
        250,
        metric="staff_max_ms",
        unit="ms",
        lower_is_better=True,
    ),
    Figure(
        "staff-wait-tag",
        "the same where each is tagged too",
        "tag-beside",
        500,
        250,
        metric="staff_max_ms",
        unit="ms",
        lower_is_better=True,
    ),
    Figure(
        "idle-tick",
        "a tick that finds nothing due among 1,000,000",
        "idle-tick",
        5,
        1,
        metric="idle_ms",
        unit="ms",
        lower_is_better=True,
    ),
]

_runs = count(1)


def cases(ground: Ground) -> list[Case]:
    small, middle, large = ground.number(10_000, 100), ground.number(100_000, 1_000), ground.number(1_000_000, 2_000)
    found = [
        Case("ways", "ways", lambda: branching(middle), rounds=3),
        Case("ways", "ways-small", lambda: branching(small), rounds=3),
        Case("ways", "ways-large", lambda: branching(large), rounds=1),
        Case("ways", "ways-tag", lambda: tagging(ground, ground.number(50_000, 500)), rounds=3),
        Case("ways", "ways-beside", lambda: beside_branching(middle), rounds=3),
        Case("ways", "tag-beside", lambda: beside_tagging(ground.number(50_000, 500)), rounds=3),
        Case("ways", "idle-tick", lambda: idle(large), rounds=3),
    ]
    return [replace(case, run=partial(crowd.alone, case.run)) for case in found]


def branching(people: int) -> Measured:
    """So many people stand before a branch, due at once; each goes one way, gets its mail, and waits for the next."""
    sequence, now = _sequence(*_branches())
    _enter(sequence, people, now)
    gc.collect()
    before, cpu, started = _memory(), time.process_time(), time.perf_counter()
    moved = 0
    while found := advance(now):
        moved += found
    seconds, spent = time.perf_counter() - started, time.process_time() - cpu
    gained = (_memory() - before) / 1e6
    crowd.expect("people moved", moved, people)
    crowd.expect("mails planned", crowd.one_row(PLANNED, {"kind": Kind.STEP, "sequence": sequence.pk})[0], people)
    _forget(sequence)
    return Measured(people, seconds, spent, notes={"gained_mb": max(gained, 0.0)})


def tagging(ground: Ground, people: int) -> Measured:
    """So many people get a tag that they did not have, and a mail, and wait for the next."""
    sequence, now = _sequence(plans.tag(1, f"bench {next(_runs)}"), plans.email(2), plans.email(3, 2))
    _enter(sequence, people, now)
    gc.collect()
    database, cpu, started = sending.database_seconds(ground), time.process_time(), time.perf_counter()
    moved = 0
    while found := advance(now):
        moved += found
    seconds, spent = time.perf_counter() - started, time.process_time() - cpu
    both = spent + sending.database_seconds(ground) - database
    crowd.expect("people moved", moved, people)
    _forget(sequence)
    return Measured(people, seconds, spent, notes={"both_us": both / people * 1e6})


def beside_branching(people: int) -> Measured:
    return _beside(people, *_branches())


def beside_tagging(people: int) -> Measured:
    return _beside(people, plans.tag(1, f"bench {next(_runs)}"), plans.email(2), plans.email(3, 2))


def idle(people: int) -> Measured:
    """Everybody is under way and nobody is due."""
    sequence, now = _sequence(plans.email(1), plans.email(2, 2))
    _enter(sequence, people, now + MONTH)
    taken = []
    for _ in range(LOOKS):
        started = time.perf_counter()
        goals.look_at_clicks(now)
        scanning.scan(now)
        crowd.expect("people moved", advance(now), 0)
        taken.append(time.perf_counter() - started)
    _forget(sequence)
    return Measured(LOOKS, sum(taken), notes={"idle_ms": sorted(taken)[LOOKS // 2] * 1000})


@dataclass
class _Staff:
    """Somebody who acts on one person after another: how long each act waited, in milliseconds."""

    waits: list[float] = field(default_factory=list)
    is_done: threading.Event = field(default_factory=threading.Event)

    def act(self, sequence_id: int, now: datetime) -> None:
        """Always on whoever is first in the queue: most likely the one whom the tick has just taken."""
        try:
            while not self.is_done.is_set():
                self._hold_next(sequence_id, now)
        finally:
            connection.close()

    def _hold_next(self, sequence_id: int, now: datetime) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(NEXT, [sequence_id, now])
            found = cursor.fetchone()
            if found is None:
                return
            started = time.perf_counter()
            addresses.lock([found[1]])
            cursor.execute(HOLD, [found[0]])
            self.waits.append((time.perf_counter() - started) * 1000)

    def notes(self) -> dict[str, float | str]:
        ordered = sorted(self.waits)
        nearly = ordered[min(int(len(ordered) * 0.99), len(ordered) - 1)]
        return {"staff_acts": len(ordered), "staff_p99_ms": nearly, "staff_max_ms": ordered[-1]}


@contextmanager
def _staff_beside(sequence_id: int, now: datetime) -> Iterator[_Staff]:
    staff = _Staff()
    other = threading.Thread(target=staff.act, args=[sequence_id, now])
    other.start()
    try:
        yield staff
    finally:
        staff.is_done.set()
        other.join()


def _beside(people: int, *steps: Any) -> Measured:
    """Everybody is due at once; whom staff hold when the others are done comes after them."""
    sequence, now = _sequence(*steps)
    _enter(sequence, people, now)
    moved, started = 0, time.perf_counter()
    with _staff_beside(sequence.pk, now) as staff:
        while found := advance(now):
            moved += found
    seconds = time.perf_counter() - started
    moved += advance(now)
    crowd.expect("people moved", moved, people)
    _forget(sequence)
    return Measured(people, seconds, notes=staff.notes())


def _branches() -> tuple[Any, Any]:
    halves = plans.split(2, "warm", yes=(plans.email(3),), no=(plans.email(4),))
    return plans.lot(1, 50, yes=(plans.email(5),), no=(halves,)), plans.email(6, 2)


def _sequence(*steps: Any) -> tuple[Sequence, datetime]:
    """A live sequence, and a moment inside its hours that no other run has come near to."""
    run = next(_runs)
    now = database_now().replace(hour=17, minute=0) + run * MONTH
    made = ways.sequence(*steps, key=f"ways-{run}-{now.timestamp():.0f}")
    crowd.clinic()
    return made, now


def _enter(sequence: Sequence, people: int, due: datetime) -> None:
    crowd.seed(people)
    known = Lead.objects.exclude(status="patient").filter(erased_at=None).count()
    values: dict[str, Any] = {"sequence": sequence.pk, "version": sequence.published_id, "due": due}
    with connection.cursor() as cursor:
        for occasion, first in enumerate(range(0, people, known)):
            cursor.execute(ENTER, {**values, "occasion": occasion, "people": min(known, people - first)})
        cursor.execute("ANALYZE newsletter_enrolment")


def _forget(sequence: Sequence) -> None:
    """What was planned is for a month that never comes; nobody is to find it there."""
    with connection.cursor() as cursor:
        mine = "SELECT id FROM newsletter_enrolment WHERE sequence_id = %s"
        cursor.execute(
            f"DELETE FROM newsletter_delivery WHERE kind = {Kind.STEP:d} AND owner IN ({mine})",  # noqa: S608
            [sequence.pk],
        )
        batches = "SELECT id FROM newsletter_batch WHERE kind = %s AND owner_id = %s"
        for table in ("newsletter_chunk WHERE batch_id", "newsletter_batch WHERE id"):
            cursor.execute(f"DELETE FROM {table} IN ({batches})", [Kind.STEP, sequence.pk])  # noqa: S608
        cursor.execute("DELETE FROM newsletter_enrolment WHERE sequence_id = %s", [sequence.pk])
        cursor.execute("VACUUM ANALYZE newsletter_enrolment")


def _memory() -> int:
    return int(psutil.Process().memory_info().rss)
