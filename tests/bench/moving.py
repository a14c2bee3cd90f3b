"""Publishing with people inside: 100,000 moved to another version, and the look at it beforehand.

moving   everybody stands before a mail whose wait becomes shorter, and is dealt out over a day
"""

import time
from typing import Any

from django.db import connection

from newsletter.models import Enrolment
from newsletter.sequences.publishing import moving, preview
from tests.bench import crowd, sending
from tests.bench import ways as engine
from tests.bench.ground import Ground
from tests.bench.measure import Case, Figure, Measured
from tests.newsletter.sequences import plans, ways

ENTER = """
    INSERT INTO newsletter_enrolment (sequence_id, version_id, lead_id, state, next_position, due_at, since,
                                      enrolled_at, occasion, turn, exit_reason)
    SELECT %(sequence)s, %(version)s, l.id, 'active', 0, %(now)s::timestamptz + interval '10 days',
           %(now)s::timestamptz - interval '10 days', %(now)s::timestamptz - interval '10 days', 0, 0, ''
    FROM leads_lead l WHERE l.status <> 'patient' AND l.erased_at IS NULL ORDER BY l.id LIMIT %(people)s
"""
FIGURES = [
    Figure(
        "moving",
        "people moved to a new version, by the second of one processor",
        "moving",
        4_000,
        8_000,
        metric="both_rate",
        unit="people/s",
    ),
    Figure(
        "preview",
        "saying beforehand what publishing does to 100,000",
        "moving",
        2_000,
        1_000,
        metric="preview_ms",
        unit="ms",
        lower_is_better=True,
    ),
]


def cases(ground: Ground) -> list[Case]:
    return [Case("moving", "moving", lambda: move(ground, ground.number(100_000, 1_500)), rounds=3)]


def move(ground: Ground, people: int) -> Measured:
    """Looked at beforehand, then moved; every one of them is brought to now."""
    sequence, now = engine._sequence(plans.email(1, 20), plans.email(2, 2))
    crowd.seed(people)
    values: dict[str, Any] = {"sequence": sequence.pk, "version": sequence.published_id, "now": now, "people": people}
    with connection.cursor() as cursor:
        cursor.execute(ENTER, values)
        cursor.execute("ANALYZE newsletter_enrolment")
    shorter = plans.plan(plans.email(1, 2), plans.email(2, 2))
    began = time.perf_counter()
    seen = preview(sequence, shorter, now, hours=24)
    looked = time.perf_counter() - began
    crowd.expect("people who would be due at once", seen.at_once, people)
    transfer = moving.begin(ways.publish(sequence, shorter, at=now), moves=True, also_finished=False, hours=24, now=now)
    database, cpu, started = sending.database_seconds(ground), time.process_time(), time.perf_counter()
    while transfer.ended_at is None:
        moving.carry_on(transfer, now, limit=moving.PER_TICK)
    seconds, spent = time.perf_counter() - started, time.process_time() - cpu
    both = spent + sending.database_seconds(ground) - database
    crowd.expect("people moved", transfer.moved, people)
    crowd.expect("people in the new version", Enrolment.objects.filter(version=transfer.version).count(), people)
    transfer.delete()
    engine._forget(sequence)
    return Measured(people, seconds, spent, notes={"both_rate": people / both, "preview_ms": looked * 1000})
