"""The engine of sequences: people planned through a plan that branches, how that grows, and a tick with nothing to do.

ways-small, ways-large   10,000 and 1,000,000 people before a branch, all due at once: half of them go either way,
                         each gets a mail and is put before the next step
ways                     100,000 of them
ways-tag                 50,000 people who are tagged and mailed in one look; what it costs Python and the database
idle-tick                what a tick does for sequences among 1,000,000 enrolments of which none is due

Every run has a month of its own, so that no mail of another case counts for anybody's day.
"""

import gc
import time
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import psutil
from django.db import connection

from clinic.clock import database_now
from leads.models import Lead
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
                                      enrolled_at, occasion, turn, exit_reason)
    SELECT %(sequence)s, %(version)s, l.id, 'active', 0, %(due)s, %(due)s, %(due)s, %(occasion)s, 0, ''
    FROM leads_lead l WHERE l.status <> 'patient' AND l.erased_at IS NULL ORDER BY l.id LIMIT %(people)s
"""
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
    return [
        Case("ways", "ways", lambda: branching(middle), rounds=3),
        Case("ways", "ways-small", lambda: branching(small), rounds=3),
        Case("ways", "ways-large", lambda: branching(large), rounds=1),
        Case("ways", "ways-tag", lambda: tagging(ground, ground.number(50_000, 500)), rounds=3),
        Case("ways", "idle-tick", lambda: idle(large), rounds=3),
    ]


def branching(people: int) -> Measured:
    """So many people stand before a branch, due at once; each goes one way, gets its mail, and waits for the next."""
    halves = plans.split(2, "warm", yes=(plans.email(3),), no=(plans.email(4),))
    sequence, now = _sequence(plans.lot(1, 50, yes=(plans.email(5),), no=(halves,)), plans.email(6, 2))
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
