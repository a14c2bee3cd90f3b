"""What is planned and has not left: it takes its room before anything that is still to be planned."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from newsletter.deliveries.models import CHUNK_SIZE, BatchState, Kind

WAITING = f"""
    WITH waits AS (
        SELECT c.batch_id, c.due_at, c.size - c.mark - (
                   SELECT count(*) FROM newsletter_outcome o
                   WHERE o.delivery_id >= c.id * {CHUNK_SIZE} + c.mark AND o.delivery_id < c.id * {CHUNK_SIZE} + c.size
               ) AS mails
        FROM newsletter_chunk c WHERE c.lane = %(lane)s AND NOT c.done AND c.due_at < %(until)s
        UNION ALL
        SELECT c.batch_id, l.due_at, 1 FROM newsletter_later l
        JOIN newsletter_chunk c ON c.id = l.delivery_id / {CHUNK_SIZE}
        WHERE l.lane = %(lane)s AND l.due_at < %(until)s
          AND NOT EXISTS (SELECT 1 FROM newsletter_outcome o WHERE o.delivery_id = l.delivery_id)
    )
    SELECT (greatest(w.due_at, %(now)s) AT TIME ZONE %(zone)s)::date AS day, b.kind, b.owner_id, sum(w.mails)::bigint
    FROM waits w JOIN newsletter_batch b ON b.id = w.batch_id AND b.state = '{BatchState.OPEN.value}'
    WHERE w.mails > 0 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Waiting:
    """So many mails of this owner (of a sequence: of all its enrolments) may leave from this day on."""

    on: date
    kind: Kind
    owner: int
    mails: int


def waiting(lane: str, now: datetime, *, until: datetime, zone: str) -> list[Waiting]:
    """By day of this zone, what is due already under today; without what is paused or cancelled."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING, {"lane": lane, "now": now, "until": until, "zone": zone})
        return [Waiting(on, Kind(kind), owner, mails) for on, kind, owner, mails in cursor.fetchall()]
