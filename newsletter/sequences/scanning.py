"""What begins ways though nobody announces it: a birthday, a visit so long ago, silence, belonging to a segment.

The tick looks every quarter of an hour, sequence by sequence, one tick at a time, for everything since the look before.
Each look is one statement over everybody; who was found is not found again: for birthdays the year is the occasion,
for visits the appointment, silence is found in the quarter of an hour in which it becomes so long, and who fitted a
segment at the last look is remembered. Who fits already when a sequence is published, or because staff changed the
words of the segment, has not come to belong to it: staff begin by hand for them.
"""

import logging
from calendar import isleap
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from itertools import batched

from django.db import connection, transaction
from django.db.models import Q

from clinic import queries as clinic
from leads.models import Lead, Segment
from leads.people import addresses
from leads.people.models import LeadStatus
from leads.segments import queries as segments
from leads.segments.registry import Unanswerable
from newsletter.deliveries.models import CHUNK_SIZE
from newsletter.sequences import models
from newsletter.sequences.entering import enter, plan_of
from newsletter.sequences.models import Belonging, SequenceState
from newsletter.sequences.plan.document import Trigger, TriggerKind
from newsletter.tracking.models import ClickLabel

LOCK_CLASS = 0x5343
EVERY = timedelta(minutes=15)
LAST_OF_FEBRUARY = (2, 28)
LATEST_WISHES = timedelta(days=3)
"""After an outage nobody is wished well for a birthday longer ago."""

Found = Iterable[tuple[int, int]]
"""People, each with the occasion."""
Scan = Callable[[Trigger, datetime, datetime], Found]

SIGNS = {
    "newsletter_click": f"lead_id, at FROM newsletter_click WHERE label = '{ClickLabel.PERSON.value}'",
    "leads_consent": "lead_id, granted_at FROM leads_consent WHERE true",
    "leads_inquiry": "lead_id, received_at FROM leads_inquiry WHERE true",
}
"""What shows that somebody is there, by table: columns and condition."""
CAME = f"""
    WITH fits AS MATERIALIZED (
        SELECT lead.id FROM leads_lead lead
        WHERE lead.erased_at IS NULL AND lead.status <> '{LeadStatus.PATIENT.value}' AND {{fits}} AND EXISTS (
            SELECT 1 FROM leads_consent consent WHERE consent.lead_id = lead.id AND consent.purpose = 'marketing'
              AND consent.withdrawn_at IS NULL AND (consent.expires_at IS NULL OR consent.expires_at > %s))
    ), gone AS (
        DELETE FROM newsletter_belonging b WHERE b.sequence_id = %s
          AND (b.segment_id <> %s OR NOT EXISTS (SELECT 1 FROM fits WHERE fits.id = b.lead_id))
    )
    INSERT INTO newsletter_belonging (sequence_id, segment_id, lead_id)
    SELECT %s, %s, fits.id FROM fits WHERE NOT EXISTS (
        SELECT 1 FROM newsletter_belonging b WHERE b.sequence_id = %s AND b.segment_id = %s AND b.lead_id = fits.id)
    ON CONFLICT DO NOTHING RETURNING lead_id
"""  # noqa: S608

_scans: dict[TriggerKind, Scan] = {}
log = logging.getLogger(__name__)


def register(kind: TriggerKind, look: Scan) -> None:
    """Name the function that finds whom this begins for between two moments (after the first, up to the second)."""
    _scans[kind] = look


def register_sign(table: str, columns_and_condition: str) -> None:
    """Name a table whose rows show that somebody is there: “lead_id, at FROM table WHERE ...”."""
    SIGNS[table] = columns_and_condition


def forget(lead_id: int) -> None:
    """Who is erased belongs to nothing any more."""
    Belonging.objects.filter(lead_id=lead_id).delete()


def scan(now: datetime) -> int:
    """Look for what nobody announces, where that is due; how many ways began."""
    return sum(_scan(sequence, now) for sequence in _due(now))


def _due(now: datetime) -> list[int]:
    kinds = [*(kind.value for kind in _scans), TriggerKind.SEGMENT.value]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.id FROM newsletter_sequence s JOIN newsletter_sequenceversion v ON v.id = s.published_id
            WHERE s.state <> %s AND v.plan -> 'trigger' ->> 'kind' = ANY(%s)
              AND (s.scanned_at IS NULL OR s.scanned_at <= %s OR s.scanned_at < v.published_at) ORDER BY s.id
            """,
            [SequenceState.DRAFT.value, kinds, now - EVERY],
        )
        return [found for (found,) in cursor.fetchall()]


@transaction.atomic
def _scan(sequence_id: int, now: datetime) -> int:
    """One sequence, by one tick at a time: who comes second finds nothing to do."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK_CLASS, sequence_id])
        if not cursor.fetchone()[0] or sequence_id not in _due(now):
            return 0
    sequence = models.Sequence.objects.select_related("published").get(pk=sequence_id)
    if sequence.published is None:
        return 0
    trigger = plan_of(sequence.published).trigger
    by_occasion: dict[int, list[int]] = defaultdict(list)
    for lead, occasion in _found(sequence, sequence.published, trigger, now):
        by_occasion[occasion].append(lead)
    addresses.lock_leads([lead for leads in by_occasion.values() for lead in leads])
    begun = sum(
        len(enter(sequence, some, now=now, occasion=occasion))
        for occasion, leads in by_occasion.items()
        for some in batched(leads, CHUNK_SIZE)
    )
    models.Sequence.objects.filter(pk=sequence_id).update(scanned_at=now)
    return begun


def _found(sequence: models.Sequence, version: models.SequenceVersion, trigger: Trigger, now: datetime) -> Found:
    if trigger.kind == TriggerKind.SEGMENT:
        return [(lead, 0) for lead in _came(sequence, version, trigger, now)]
    return _scans[trigger.kind](trigger, _since(sequence, version), now)


def _since(sequence: models.Sequence, version: models.SequenceVersion) -> datetime:
    """The last look; from the publishing on where there was none shortly before it: then it looked for other things."""
    last = sequence.scanned_at
    return last if last is not None and last > version.published_at - 2 * EVERY else version.published_at


def _came(sequence: models.Sequence, version: models.SequenceVersion, trigger: Trigger, now: datetime) -> list[int]:
    """Who fits the segment, could be mailed, and did not at the last look."""
    segment = Segment.objects.filter(pk=trigger.value).first() if trigger.value.isdigit() else None
    if segment is None:
        return []
    is_first = _is_first_look(sequence, version, segment)
    try:
        fits = segments.where(segment.conditions, segment.match, now)
    except Unanswerable:
        log.warning("A condition of segment %s cannot be evaluated any more: nobody comes to belong.", segment.pk)
        return []
    own = (sequence.pk, segment.pk)
    with connection.cursor() as cursor:
        cursor.execute(CAME.replace("{fits}", fits.sql), [*fits.params, now, *own, *own, *own])
        came = [lead for (lead,) in cursor.fetchall()]
    return [] if is_first else came


def _is_first_look(sequence: models.Sequence, version: models.SequenceVersion, segment: Segment) -> bool:
    last = sequence.scanned_at
    if last is None or last < segment.updated_at:
        return True
    is_known = Belonging.objects.filter(sequence=sequence, segment_id=segment.pk).exists()
    return last < version.published_at and not is_known


def _birthdays(trigger: Trigger, since: datetime, now: datetime) -> Found:
    zone = clinic.zone()
    today = now.astimezone(zone).date()
    first = max(since, now - LATEST_WISHES).astimezone(zone).date()
    for day in (first + timedelta(days=ahead) for ahead in range((today - first).days + 1)):
        born = Lead.objects.filter(_born_on(day), birthday__isnull=False, birthday__lt=day)
        yield from ((lead, day.year) for lead in born.values_list("pk", flat=True))


def _born_on(day: date) -> Q:
    """Who was born on the 29th of February has their day on the 28th where there is no 29th."""
    asked = Q(birthday__month=day.month, birthday__day=day.day)
    if (day.month, day.day) != LAST_OF_FEBRUARY or isleap(day.year):
        return asked
    return asked | Q(birthday__month=2, birthday__day=29)


def _silences(trigger: Trigger, since: datetime, now: datetime) -> Found:
    """Whose last sign became so many days old in this time."""
    began, ended = since - timedelta(days=trigger.number), now - timedelta(days=trigger.number)
    signs = " UNION ALL ".join(f"SELECT {sign}" for sign in SIGNS.values())
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH signs (lead_id, at) AS NOT MATERIALIZED ({signs}),
            candidates AS MATERIALIZED (SELECT DISTINCT lead_id FROM signs WHERE at > %s AND at <= %s)
            SELECT c.lead_id FROM candidates c
            WHERE NOT EXISTS (SELECT 1 FROM signs WHERE signs.lead_id = c.lead_id AND signs.at > %s)
            """,  # noqa: S608
            [began, ended, ended],
        )
        return [(lead, 0) for (lead,) in cursor.fetchall()]


register(TriggerKind.BIRTHDAY, _birthdays)
register(TriggerKind.QUIET, _silences)
