"""What became of deliveries: counts that balance, and one lead's history."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from newsletter.deliveries.models import CHUNK_SIZE, Kind, State
from newsletter.deliveries.tallies import REASON


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an owner's deliveries are. `planned` is the sum of all the others, at every moment."""

    planned: int = 0
    submitted: int = 0
    refused: int = 0
    failed: int = 0
    expired: int = 0
    cancelled: int = 0
    closed: int = 0
    uncertain: int = 0
    waiting: int = 0

    @property
    def ended(self) -> int:
        return self.planned - self.uncertain - self.waiting

    @property
    def is_settled(self) -> bool:
        return self.uncertain == 0 and self.waiting == 0


RANGE = f"{{row}} >= m.id * {CHUNK_SIZE} AND {{row}} < (m.id + 1) * {CHUNK_SIZE}"
MINE = """
    mine AS MATERIALIZED (
        SELECT c.id, t.* FROM newsletter_batch b JOIN newsletter_chunk c ON c.batch_id = b.id
        LEFT JOIN newsletter_tally t ON t.chunk_id = c.id WHERE b.kind = %(kind)s AND b.owner_id = %(owner)s
    )
"""
PROGRESS = f"""
    WITH {MINE}, tallied AS (
        SELECT coalesce(sum(submitted), 0) AS submitted, coalesce(sum(refused), 0) AS refused,
               coalesce(sum(failed), 0) AS failed, coalesce(sum(expired), 0) AS expired,
               coalesce(sum(cancelled), 0) AS cancelled, coalesce(sum(closed), 0) AS closed FROM mine
    ), live AS (
        SELECT count(*) FILTER (WHERE o.state = {State.SUBMITTED:d}) AS submitted,
               count(*) FILTER (WHERE o.state = {State.REFUSED:d}) AS refused,
               count(*) FILTER (WHERE o.state = {State.FAILED:d}) AS failed,
               count(*) FILTER (WHERE o.state = {State.EXPIRED:d}) AS expired,
               count(*) FILTER (WHERE o.state = {State.CANCELLED:d}) AS cancelled,
               count(*) FILTER (WHERE o.state = {State.CLOSED:d}) AS closed
        FROM mine m JOIN newsletter_outcome o ON {RANGE.format(row="o.delivery_id")} WHERE m.chunk_id IS NULL
    )
    SELECT (SELECT coalesce(sum(size), 0) FROM newsletter_batch WHERE kind = %(kind)s AND owner_id = %(owner)s)::bigint,
           (t.submitted + l.submitted)::bigint, (t.refused + l.refused)::bigint, (t.failed + l.failed)::bigint,
           (t.expired + l.expired)::bigint, (t.cancelled + l.cancelled)::bigint, (t.closed + l.closed)::bigint,
           (SELECT count(*) FROM newsletter_uncertain q JOIN mine m ON {RANGE.format(row="q.delivery_id")}
            WHERE m.chunk_id IS NULL
              AND NOT EXISTS (SELECT 1 FROM newsletter_outcome o WHERE o.delivery_id = q.delivery_id))
    FROM tallied t, live l
"""  # noqa: S608
REFUSALS = f"""
    WITH {MINE}
    SELECT reason, sum(n)::bigint FROM (
        SELECT {REASON} AS reason, count(*) AS n
        FROM mine m JOIN newsletter_outcome o ON {RANGE.format(row="o.delivery_id")}
        WHERE m.chunk_id IS NULL AND o.state <> {State.SUBMITTED:d} GROUP BY 1
        UNION ALL
        SELECT found.key, found.value::int FROM mine m, jsonb_each_text(m.reasons) found
    ) counted GROUP BY reason ORDER BY sum(n) DESC, reason
"""  # noqa: S608
SPEED = f"""
    WITH {MINE}, recent AS (
        SELECT m.*, row_number() OVER (ORDER BY m.last_at) AS age FROM mine m
        WHERE m.chunk_id IS NULL OR m.last_at > clock_timestamp() - make_interval(secs => %(span)s)
    )
    SELECT (SELECT count(*) FROM recent m JOIN newsletter_outcome o ON {RANGE.format(row="o.delivery_id")}
            WHERE (m.chunk_id IS NULL OR m.age <= {{edge}}) AND o.state = {State.SUBMITTED:d}
              AND o.at > clock_timestamp() - make_interval(secs => %(span)s))
         + (SELECT coalesce(sum(submitted), 0) FROM recent WHERE chunk_id IS NOT NULL AND age > {{edge}})::bigint,
           (SELECT count(*) FROM mine m JOIN newsletter_later l ON {RANGE.format(row="l.delivery_id")}
            WHERE m.chunk_id IS NULL AND l.due_at > clock_timestamp())
         + (SELECT coalesce(sum(c.size - c.mark), 0) FROM mine m JOIN newsletter_chunk c ON c.id = m.id
            WHERE m.chunk_id IS NULL AND NOT c.done AND c.due_at > clock_timestamp())::bigint
""".format(edge=4)  # noqa: S608
"""The finished chunks in which the last minute begins are looked into; those after them lie in it whole."""


def progress(kind: Kind, owner_id: int) -> Progress:
    """Counts of the batches of this owner (for a sequence: of all its enrolments)."""
    with connection.cursor() as cursor:
        cursor.execute(PROGRESS, {"kind": kind, "owner": owner_id})
        planned, *parts = cursor.fetchone()
    return Progress(*(planned, *parts, planned - sum(parts)))


def refusals(kind: Kind, owner_id: int) -> list[tuple[str, int]]:
    """Why deliveries of this owner did not leave, the most frequent reason first."""
    with connection.cursor() as cursor:
        cursor.execute(REFUSALS, {"kind": kind, "owner": owner_id})
        return cursor.fetchall()


@dataclass(frozen=True, slots=True)
class Speed:
    """Mails submitted in the last minute, and how many of those that wait are not due yet."""

    per_minute: int
    not_due: int

    def left(self, found: Progress) -> timedelta | None:
        """How long the rest takes at this speed; None when nothing moves, and when only what is not due is left."""
        due = found.waiting - self.not_due
        return timedelta(minutes=due / self.per_minute) if self.per_minute and due > 0 else None


def speed(kind: Kind, owner_id: int) -> Speed:
    with connection.cursor() as cursor:
        cursor.execute(SPEED, {"kind": kind, "owner": owner_id, "span": 60.0})
        return Speed(*cursor.fetchone())


def unbalanced() -> list[int]:
    """Batches that do not balance: whose size is not the number of their deliveries, or which have more ends than that.

    Reads everything; for tests and for whoever doubts. Each delivery is in one state: an outcome, else uncertain, else
    waiting, so what is planned is the sum of the states as long as nothing is counted that is not there.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT b.id FROM newsletter_batch b
            LEFT JOIN LATERAL (
                SELECT count(d.id) AS planned FROM newsletter_chunk c JOIN newsletter_delivery d
                  ON d.id >= c.id * {CHUNK_SIZE} AND d.id < (c.id + 1) * {CHUNK_SIZE} WHERE c.batch_id = b.id
            ) d ON true
            LEFT JOIN LATERAL (
                SELECT count(o.delivery_id) AS ended FROM newsletter_chunk c JOIN newsletter_outcome o
                  ON o.delivery_id >= c.id * {CHUNK_SIZE} AND o.delivery_id < (c.id + 1) * {CHUNK_SIZE}
                WHERE c.batch_id = b.id
            ) o ON true
            LEFT JOIN LATERAL (
                SELECT count(*) AS open FROM newsletter_chunk c JOIN newsletter_delivery d
                  ON d.id >= c.id * {CHUNK_SIZE} AND d.id < (c.id + 1) * {CHUNK_SIZE} WHERE c.batch_id = b.id
                 AND NOT EXISTS (SELECT 1 FROM newsletter_outcome o WHERE o.delivery_id = d.id)
            ) w ON true
            WHERE b.size <> d.planned OR d.planned <> o.ended + w.open ORDER BY b.id
            """  # noqa: S608
        )
        return [found for (found,) in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Past:
    """One delivery of a lead's history. `state` is None while it waits."""

    id: int
    kind: Kind
    owner: int
    item: int
    variant_id: int
    subject: str
    due_at: datetime
    state: State | None
    ended_at: datetime | None
    reason: str
    is_uncertain: bool


def history(lead_id: int, *, limit: int = 200) -> list[Past]:
    """The lead's deliveries, the newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT d.id, d.kind, d.owner, d.item, d.variant_id, coalesce(r.subject, e.subject, ''),
                   coalesce(l.due_at, c.due_at), o.state, o.at,
                   coalesce(o.reason, q.why, l.reason, ''), q.delivery_id IS NOT NULL
            FROM newsletter_delivery d
            JOIN newsletter_chunk c ON c.id = d.id / {CHUNK_SIZE}
            LEFT JOIN newsletter_outcome o ON o.delivery_id = d.id
            LEFT JOIN newsletter_uncertain q ON q.delivery_id = d.id
            LEFT JOIN newsletter_later l ON l.delivery_id = d.id
            LEFT JOIN newsletter_variant v ON v.id = d.variant_id
            LEFT JOIN newsletter_emailtemplate e ON e.id = v.email_id
            LEFT JOIN newsletter_compiledemail r ON r.id = coalesce(o.revision_id, v.current_id)
            WHERE d.lead_id = %s ORDER BY coalesce(o.at, l.due_at, c.due_at) DESC, d.id DESC LIMIT %s
            """,  # noqa: S608
            [lead_id, limit],
        )
        return [
            Past(
                id=row[0],
                kind=Kind(row[1]),
                owner=row[2],
                item=row[3],
                variant_id=row[4],
                subject=row[5],
                due_at=row[6],
                state=State(row[7]) if row[7] else None,
                ended_at=row[8],
                reason=row[9],
                is_uncertain=row[10],
            )
            for row in cursor.fetchall()
        ]


def is_due(lane: str) -> bool:
    """Whether a sender of this lane would find something now."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT EXISTS (SELECT 1 FROM newsletter_chunk c JOIN newsletter_batch b ON b.id = c.batch_id
                           WHERE NOT c.done AND c.lane = %(lane)s AND c.due_at <= clock_timestamp()
                             AND b.state <> 'paused'
                             AND (c.lease_until IS NULL OR c.lease_until < clock_timestamp()))
                OR EXISTS (SELECT 1 FROM newsletter_later l
                           JOIN newsletter_chunk c ON c.id = l.delivery_id / {CHUNK_SIZE}
                           JOIN newsletter_batch b ON b.id = c.batch_id
                           WHERE l.lane = %(lane)s AND l.due_at <= statement_timestamp() AND b.state <> 'paused'
                             AND (l.lease_until IS NULL OR l.lease_until < clock_timestamp()))
            """,  # noqa: S608
            {"lane": lane},
        )
        (due,) = cursor.fetchone()
    return due


STUCK_AFTER = timedelta(minutes=5)


def stuck_leases(lane: str) -> tuple[int, datetime | None]:
    """How many leases of this lane ran out minutes ago without anybody taking them up, and since when the oldest.

    Of what is paused or due later nobody takes up a lease, but of what was handed over.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT count(*), min(until) FROM (
                SELECT c.lease_owner AS owner, c.lease_until AS until FROM newsletter_chunk c
                JOIN newsletter_batch b ON b.id = c.batch_id AND b.state <> 'paused'
                WHERE NOT c.done AND c.lane = %(lane)s AND c.due_at <= clock_timestamp()
                  AND c.lease_until < clock_timestamp() - make_interval(secs => %(secs)s)
                UNION ALL
                SELECT l.lease_owner, min(l.lease_until) FROM newsletter_later l
                JOIN newsletter_chunk c ON c.id = l.delivery_id / {CHUNK_SIZE}
                JOIN newsletter_batch b ON b.id = c.batch_id
                WHERE l.lane = %(lane)s AND l.lease_until < clock_timestamp() - make_interval(secs => %(secs)s)
                  AND (l.marked_at IS NOT NULL OR b.state <> 'paused' AND l.due_at <= clock_timestamp())
                GROUP BY l.lease_owner
            ) stuck
            """,  # noqa: S608
            {"lane": lane, "secs": STUCK_AFTER.total_seconds()},
        )
        return cursor.fetchone()


def doubts() -> tuple[int, datetime | None]:
    """How many deliveries are uncertain, and since when the oldest."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), min(since) FROM newsletter_uncertain")
        return cursor.fetchone()
