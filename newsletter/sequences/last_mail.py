"""What became of the mail that a way brought last: the next one waits until it has left, and counts from then.

A mail may be planned and leave days later: its sequence or its reader paused, the lane was held or had too much to do,
a relay said "later". What ended without leaving keeps nobody waiting, nor does what is too late to leave.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from newsletter.deliveries import prepared
from newsletter.deliveries.lately import LEFT
from newsletter.deliveries.models import CHUNK_SIZE, BatchState, Kind
from newsletter.sequences.almanac import day_length
from newsletter.sequences.schedule import ONE_DAY
from newsletter.sequences.walk import Due

ASKED = f"""
    SELECT e.id, o.at FROM unnest(%(ways)s::bigint[]) asked (way)
    JOIN newsletter_enrolment e ON e.id = asked.way
    JOIN newsletter_delivery d ON d.kind = {Kind.STEP:d} AND d.owner = e.id AND d.item = e.last_key
    LEFT JOIN newsletter_outcome o ON o.delivery_id = d.id
    WHERE CASE WHEN o.delivery_id IS NOT NULL
               THEN o.state IN {LEFT} AND o.at > coalesce(e.since, e.due_at) + %(trifle)s::interval
               ELSE NOT EXISTS (SELECT 1 FROM newsletter_chunk c JOIN newsletter_batch b ON b.id = c.batch_id
                                WHERE c.id = d.id / {CHUNK_SIZE} AND b.expires_at <= %(now)s::timestamptz
                                  AND b.state <> '{BatchState.PAUSED.value}') END
"""  # noqa: S608
"""What a paused sequence keeps leaves when it goes on, however late that is."""


def with_last(rows: Sequence[Due], now: datetime) -> Sequence[Due]:
    """These ways; where the last mail left late, or is still to leave, the way says so. Who begins has none."""
    asked = [row.id for row in rows if row.position]
    if not asked:
        return rows
    found: dict[int, datetime | None] = dict(
        prepared.rows(ASKED, {"ways": prepared.array(asked), "now": now, "trifle": _trifle()})
    )
    if not found:
        return rows
    return [
        replace(row, left_at=found[row.id], is_open=found[row.id] is None) if row.id in found else row for row in rows
    ]


def _trifle() -> timedelta:
    """A minute, in the demo one of its own: nobody counts from so little (see `distance`)."""
    return (day_length() or ONE_DAY) / (24 * 60)


def leaving_now(rows: Sequence[Due], now: datetime) -> Sequence[Due]:
    """The same for who looks ahead: whatever is still to leave is taken to leave now."""
    return [replace(row, left_at=now, is_open=False) if row.is_open else row for row in with_last(rows, now)]
