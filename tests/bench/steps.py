"""The sequence lane: due steps planned by the tick and submitted by one worker, against a campaign of the same size.

Both are timed from the first act of planning to the last acceptance, and carry the same mail. The worker is there
already. It is rung as in production: once the first chunk of steps is committed, while the tick plans the others; of a
campaign, which is planned in one transaction, once all of it is.
"""

import time
from collections.abc import Callable
from dataclasses import replace

from django.db import connection

from clinic.clock import database_now
from newsletter.content.models import EmailKind, EmailTemplate, Topic, Variant
from newsletter.deliveries.models import Kind
from newsletter.sequences.models import Sequence, SequenceVersion, Step
from newsletter.sequences.services import advance
from tests.bench import crowd, relay, sending
from tests.bench.crowd import Batch
from tests.bench.ground import Ground
from tests.bench.measure import Case, Figure, Measured

ENROL = """
INSERT INTO newsletter_enrolment (sequence_id, version_id, lead_id, state, next_position, due_at, since, enrolled_at,
                                  occasion, turn, is_asked_for, exit_reason)
SELECT %(sequence)s, %(version)s, lead.id, 'active', 0, %(now)s, %(now)s, %(now)s, 0, 0, true, ''
FROM (SELECT l.id FROM leads_lead l JOIN leads_consent c ON c.lead_id = l.id AND c.withdrawn_at IS NULL
      WHERE l.status <> 'patient' AND NOT EXISTS (SELECT 1 FROM newsletter_suppression s
                                                  WHERE s.address_hash = l.address_hash)
      ORDER BY l.id LIMIT %(count)s) lead
"""
PLANNED = """
SELECT count(*) FROM newsletter_delivery d JOIN newsletter_enrolment e ON e.id = d.owner
WHERE d.kind = %(kind)s AND e.sequence_id = %(sequence)s
"""

FIGURES = [
    Figure("sequence", "sequence lane, against the campaign lane", "steps", 0.7, 0.9, to="campaign-same-size"),
]


def cases(ground: Ground) -> list[Case]:
    count = ground.number(100_000, 1_000)
    return [
        Case("sequence", "steps", lambda: steps(ground, count)),
        Case("sequence", "campaign-same-size", lambda: campaign(ground, count)),
    ]


def campaign(ground: Ground, recipients: int) -> Measured:
    crowd.seed(recipients)
    return _planned_and_sent(ground, lambda: crowd.plan(recipients))


def steps(ground: Ground, count: int) -> Measured:
    crowd.seed(int(count / crowd.SHARE))
    version = _course(count)
    measured = _planned_and_sent(ground, lambda: _advance(version, count))
    values = {"kind": Kind.STEP, "sequence": version.sequence_id}
    crowd.expect("steps planned", crowd.one_row(PLANNED, values)[0], count)
    return measured


def _advance(version: SequenceVersion, count: int) -> Batch:
    """What the tick does, until nobody is due."""
    moved = 0
    while found := advance(database_now()):
        moved += found
    crowd.expect("enrolments moved", moved, count)
    return Batch(Kind.STEP, version.sequence_id, count)


def _planned_and_sent(ground: Ground, plan: Callable[[], Batch]) -> Measured:
    with relay.smtp_sink() as sink:
        with sending.worker_at_hand(ground, sink) as worker:
            around, database = time.time(), sending.database_seconds(ground)
            batch = plan()
            planned = time.time()
            sending.look_until_sent(worker, batch)
            spent = sending.database_seconds(ground) - database
        _first, last = sending.accepted(batch)
        sent = sending.measured(batch, [worker], whole=last - around, relay=sink, database=spent)
    notes = {**sent.notes, "planning_seconds": planned - around, "sending_seconds": sent.seconds}
    return replace(sent, seconds=last - around, notes=notes)


def _course(count: int) -> SequenceVersion:
    """A published course of one step, open day and night, with so many people at its beginning."""
    now = database_now()
    key = f"bench-{now.timestamp():.0f}"
    course = Sequence.objects.create(key=key, name="Course", topic=Topic.COURSE)
    version = SequenceVersion.objects.create(
        sequence=course, number=1, weekdays=list(range(7)), window_opens_at="00:00", window_closes_at="23:59:59"
    )
    Step.objects.create(version=version, key=1, position=0, wait_days=0, variant=_step_letter())
    course.published = version
    course.save(update_fields=["published"])
    with connection.cursor() as cursor:
        cursor.execute(ENROL, {"sequence": course.pk, "version": version.pk, "now": now, "count": count})
        cursor.execute("ANALYZE newsletter_enrolment")
    return version


def _step_letter() -> Variant:
    """The campaign's letter as a step's: the same frozen words."""
    campaigns = crowd.letter()
    letter = EmailTemplate.objects.create(kind=EmailKind.STEP, topic=Topic.COURSE, name="Step")
    return Variant.objects.create(email=letter, current=campaigns.current)
