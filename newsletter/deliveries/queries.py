"""What became of deliveries: counts that balance, and one lead's history."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from newsletter.deliveries.models import CHUNK_SIZE, Kind, State


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


def progress(kind: Kind, owner_id: int) -> Progress:
    """Counts of the batches of this owner (for a sequence: of all its enrolments)."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT count(*), count(*) FILTER (WHERE o.state = {State.SUBMITTED:d}),
                   count(*) FILTER (WHERE o.state = {State.REFUSED:d}),
                   count(*) FILTER (WHERE o.state = {State.FAILED:d}),
                   count(*) FILTER (WHERE o.state = {State.EXPIRED:d}),
                   count(*) FILTER (WHERE o.state = {State.CANCELLED:d}),
                   count(*) FILTER (WHERE o.state = {State.CLOSED:d}),
                   count(q.delivery_id) FILTER (WHERE o.state IS NULL),
                   count(*) FILTER (WHERE o.state IS NULL AND q.delivery_id IS NULL)
            FROM newsletter_batch b JOIN newsletter_chunk c ON c.batch_id = b.id
            JOIN newsletter_delivery d
              ON d.id >= c.id * {CHUNK_SIZE} AND d.id < (c.id + 1) * {CHUNK_SIZE}
            LEFT JOIN newsletter_outcome o ON o.delivery_id = d.id
            LEFT JOIN newsletter_uncertain q ON q.delivery_id = d.id
            WHERE b.kind = %s AND b.owner_id = %s
            """,  # noqa: S608
            [kind, owner_id],
        )
        return Progress(*cursor.fetchone())


def refusals(kind: Kind, owner_id: int) -> list[tuple[str, int]]:
    """Why deliveries of this owner did not leave, the most frequent reason first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT o.reason, count(*) FROM newsletter_batch b
            JOIN newsletter_chunk c ON c.batch_id = b.id
            JOIN newsletter_outcome o ON o.delivery_id >= c.id * {CHUNK_SIZE}
                                     AND o.delivery_id < (c.id + 1) * {CHUNK_SIZE}
            WHERE b.kind = %s AND b.owner_id = %s AND o.state <> {State.SUBMITTED:d}
            GROUP BY o.reason ORDER BY count(*) DESC, o.reason
            """,  # noqa: S608
            [kind, owner_id],
        )
        return cursor.fetchall()


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
                           WHERE l.lane = %(lane)s AND l.due_at <= clock_timestamp() AND b.state <> 'paused'
                             AND (l.lease_until IS NULL OR l.lease_until < clock_timestamp()))
            """,  # noqa: S608
            {"lane": lane},
        )
        (due,) = cursor.fetchone()
    return due


STUCK_AFTER = timedelta(minutes=5)


def stuck_leases() -> tuple[int, datetime | None]:
    """How many leases ran out minutes ago without anybody taking them up, and since when the oldest."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*), min(until) FROM (
                SELECT lease_owner AS owner, min(lease_until) AS until FROM newsletter_chunk
                WHERE NOT done AND lease_until < clock_timestamp() - make_interval(secs => %(secs)s) GROUP BY id
                UNION ALL
                SELECT lease_owner, min(lease_until) FROM newsletter_later
                WHERE lease_until < clock_timestamp() - make_interval(secs => %(secs)s) GROUP BY lease_owner
            ) stuck
            """,
            {"secs": STUCK_AFTER.total_seconds()},
        )
        return cursor.fetchone()


def doubts() -> tuple[int, datetime | None]:
    """How many deliveries are uncertain, and since when the oldest."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), min(since) FROM newsletter_uncertain")
        return cursor.fetchone()
