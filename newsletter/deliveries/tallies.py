"""Finished chunks are counted once, so that asking how far a million mails are costs no more than a few thousand.

A chunk whose deliveries all have an outcome never changes again. The tick writes its tally; `queries.progress` adds up
tallies and counts only what is still under way. A chunk of which some wait in later rows, or are in doubt, is passed
over until none is: a thousand of these keep no finished one from being counted.

Reasons are kept as classes: what a relay said of one person is not.
"""

from datetime import datetime

from django.db import connection

from newsletter.deliveries.models import CHUNK_SIZE, State

AT_ONCE = 500
REASON = f"""
    CASE o.state
        WHEN {State.FAILED:d} THEN coalesce(
            substring(o.reason FROM '^[a-z ]+: [0-9]{{3}}(?: [0-9][.][0-9]{{1,3}}[.][0-9]{{1,3}})?'),
            split_part(o.reason, ':', 1))
        WHEN {State.EXPIRED:d} THEN split_part(o.reason, ':', 1)
        ELSE o.reason END
"""
"""The class of an outcome `o`: our own words, or where and with which code another side refused."""

WRITE = f"""
    INSERT INTO newsletter_tally
        (chunk_id, planned, submitted, refused, failed, expired, cancelled, closed, last_at, reasons)
    SELECT c.id, o.n, o.submitted, o.refused, o.failed, o.expired, o.cancelled, o.closed, o.last_at,
           coalesce(r.reasons, '{{}}')
    FROM (SELECT c.id FROM newsletter_chunk c LEFT JOIN newsletter_tally t ON t.chunk_id = c.id
          WHERE c.done AND t.chunk_id IS NULL
            AND NOT EXISTS (SELECT 1 FROM newsletter_later l
                            WHERE l.delivery_id >= c.id * {CHUNK_SIZE} AND l.delivery_id < (c.id + 1) * {CHUNK_SIZE})
            AND NOT EXISTS (SELECT 1 FROM newsletter_uncertain q
                            WHERE q.delivery_id >= c.id * {CHUNK_SIZE} AND q.delivery_id < (c.id + 1) * {CHUNK_SIZE})
          ORDER BY c.id DESC LIMIT {AT_ONCE}) c
    JOIN LATERAL (
        SELECT count(*) AS n FROM newsletter_delivery d
        WHERE d.id >= c.id * {CHUNK_SIZE} AND d.id < (c.id + 1) * {CHUNK_SIZE}
    ) d ON true
    JOIN LATERAL (
        SELECT count(*) AS n, max(o.at) AS last_at,
               count(*) FILTER (WHERE o.state = {State.SUBMITTED:d}) AS submitted,
               count(*) FILTER (WHERE o.state = {State.REFUSED:d}) AS refused,
               count(*) FILTER (WHERE o.state = {State.FAILED:d}) AS failed,
               count(*) FILTER (WHERE o.state = {State.EXPIRED:d}) AS expired,
               count(*) FILTER (WHERE o.state = {State.CANCELLED:d}) AS cancelled,
               count(*) FILTER (WHERE o.state = {State.CLOSED:d}) AS closed
        FROM newsletter_outcome o
        WHERE o.delivery_id >= c.id * {CHUNK_SIZE} AND o.delivery_id < (c.id + 1) * {CHUNK_SIZE}
    ) o ON o.n = d.n
    LEFT JOIN LATERAL (
        SELECT jsonb_object_agg(reason, n) AS reasons FROM (
            SELECT {REASON} AS reason, count(*) AS n FROM newsletter_outcome o
            WHERE o.delivery_id >= c.id * {CHUNK_SIZE} AND o.delivery_id < (c.id + 1) * {CHUNK_SIZE}
              AND o.state <> {State.SUBMITTED:d} GROUP BY 1
        ) counted
    ) r ON true
    ON CONFLICT (chunk_id) DO NOTHING
"""  # noqa: S608


def count_finished(now: datetime) -> int:
    """Write the tallies that can be written; returns how many. Two at once do no harm."""
    with connection.cursor() as cursor:
        cursor.execute(WRITE)
        return cursor.rowcount
