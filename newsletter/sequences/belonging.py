"""Who fits the segment that begins a sequence, and who did at the last look: who fits now and did not came since.

Who fits already when a sequence is published, or because staff changed the words of the segment, has not come to
belong to it: staff begin by hand for them. Who comes is written down in the transaction in which they enter.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from leads.models import Segment
from leads.people.models import LeadStatus
from leads.segments import queries as segments
from leads.segments.registry import Unanswerable
from newsletter.deliveries import prepared
from newsletter.sequences import models
from newsletter.sequences.models import Belonging, SequenceVersion

log = logging.getLogger(__name__)

LOOK = f"""
    WITH fits AS MATERIALIZED (
        SELECT lead.id FROM leads_lead lead
        WHERE lead.erased_at IS NULL AND lead.status <> '{LeadStatus.PATIENT.value}' AND {{fits}} AND EXISTS (
            SELECT 1 FROM leads_consent consent WHERE consent.lead_id = lead.id AND consent.purpose = 'marketing'
              AND consent.withdrawn_at IS NULL AND (consent.expires_at IS NULL OR consent.expires_at > %s))
    ), came AS (
        SELECT fits.id FROM fits WHERE NOT EXISTS (
            SELECT 1 FROM newsletter_belonging b WHERE b.sequence_id = %s AND b.segment_id = %s AND b.lead_id = fits.id)
    ), gone AS (
        DELETE FROM newsletter_belonging b WHERE b.sequence_id = %s AND NOT EXISTS (SELECT 1 FROM came)
          AND (b.segment_id <> %s OR NOT EXISTS (SELECT 1 FROM fits WHERE fits.id = b.lead_id))
    )
    SELECT id FROM came ORDER BY id
"""  # noqa: S608
"""Who came; once nobody is left who did, those who went are forgotten."""
BELONG = """
    INSERT INTO newsletter_belonging (sequence_id, segment_id, lead_id)
    SELECT %s, %s, l.id FROM leads_lead l WHERE l.id = ANY(%s::bigint[]) AND l.erased_at IS NULL ORDER BY l.id
    ON CONFLICT DO NOTHING RETURNING lead_id
"""


def look(sequence: models.Sequence, version: SequenceVersion, segment_id: str, now: datetime) -> list[int]:
    """Who fits the segment, could be mailed, and did not at the last look. The first look finds nobody."""
    segment = Segment.objects.filter(pk=segment_id).first() if segment_id.isdigit() else None
    if segment is None:
        return []
    is_first = _is_first_look(sequence, version, segment)
    came = _came(sequence, segment, now)
    if not is_first:
        return came
    belong(sequence, segment_id, came)
    _came(sequence, segment, now)
    return []


def belong(sequence: models.Sequence, segment_id: str, lead_ids: Sequence[int]) -> list[int]:
    """Write down that these belong to it; those of whom that was not known."""
    with connection.cursor() as cursor:
        cursor.execute(BELONG, [sequence.pk, int(segment_id), prepared.array(lead_ids)])
        return [lead for (lead,) in cursor.fetchall()]


def forget(lead_id: int) -> None:
    """Who is erased belongs to nothing any more."""
    Belonging.objects.filter(lead_id=lead_id).delete()


def _came(sequence: models.Sequence, segment: Segment, now: datetime) -> list[int]:
    try:
        fits = segments.where(segment.conditions, segment.match, now)
    except Unanswerable:
        log.warning("A condition of segment %s cannot be evaluated any more: nobody comes to belong.", segment.pk)
        return []
    own = (sequence.pk, segment.pk)
    with connection.cursor() as cursor:
        cursor.execute(LOOK.replace("{fits}", fits.sql), [*fits.params, now, *own, *own])
        return [lead for (lead,) in cursor.fetchall()]


def _is_first_look(sequence: models.Sequence, version: SequenceVersion, segment: Segment) -> bool:
    last = sequence.scanned_at
    if last is None or last < segment.updated_at:
        return True
    is_known = Belonging.objects.filter(sequence=sequence, segment_id=segment.pk).exists()
    return last < version.published_at and not is_known
