"""Leases: who may work on what. A claim raises the fence, so that a late sender's mark is refused.

Claiming a chunk whose lease ran out first names everything before its mark that has no outcome uncertain:
it may have left, and it is not offered again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction

from newsletter.deliveries.models import CHUNK_SIZE, BatchState

LEASE = "60 seconds"


@dataclass(slots=True)
class Lease:
    """A chunk, or a handful of later rows (`chunk_id` None), leased to one sender.

    `mark` is how far the chunk has been handed over; `attempts` counts what later rows have behind them.
    """

    lane: str
    owner: str
    fence: int
    chunk_id: int | None
    mark: int
    size: int
    attempts: dict[int, int]

    @property
    def is_later(self) -> bool:
        return self.chunk_id is None

    @property
    def left(self) -> int:
        """How many have not been handed over."""
        return len(self.attempts) if self.is_later else self.size - self.mark


def next_lease(lane: str, *, owner: str, window: int) -> Lease | None:
    """What is due on this lane and free: what has waited longest first; None when there is nothing."""
    return _later(lane, owner, window) or _chunk(lane, owner)


@transaction.atomic
def _chunk(lane: str, owner: str) -> Lease | None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH free AS (
                SELECT c.id, c.lease_owner AS before FROM newsletter_chunk c
                JOIN newsletter_batch b ON b.id = c.batch_id AND b.state <> 'paused'
                WHERE NOT c.done AND c.lane = %s AND c.due_at <= clock_timestamp()
                  AND (c.lease_until IS NULL OR c.lease_until < clock_timestamp())
                ORDER BY c.due_at, c.id LIMIT 1 FOR NO KEY UPDATE OF c SKIP LOCKED
            )
            UPDATE newsletter_chunk c
            SET lease_owner = %s, lease_until = clock_timestamp() + %s::interval, fence = fence + 1
            FROM free WHERE c.id = free.id
            RETURNING c.id, c.mark, c.size, c.fence, free.before
            """,
            [lane, owner, LEASE],
        )
        row = cursor.fetchone()
        if row is None:
            return None
        chunk_id, mark, size, fence, before = row
        doubt_chunk(chunk_id, mark=mark, owner=before)
    return Lease(lane, owner, fence, chunk_id, mark, size, {})


def doubt_chunk(chunk_id: int, *, mark: int, owner: str) -> int:
    """Name uncertain what this chunk's former sender marked and did not account for; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO newsletter_uncertain (delivery_id, lane, since, attempt, lease_owner, why)
            SELECT d.id, c.lane, clock_timestamp(), 0, %(owner)s, 'The sender was cut off.'
            FROM newsletter_delivery d JOIN newsletter_chunk c ON c.id = %(chunk)s
            LEFT JOIN newsletter_outcome o ON o.delivery_id = d.id
            LEFT JOIN newsletter_later l ON l.delivery_id = d.id
            WHERE d.id >= %(chunk)s * {CHUNK_SIZE} AND d.id < %(chunk)s * {CHUNK_SIZE} + %(mark)s
              AND o.delivery_id IS NULL AND l.delivery_id IS NULL
            ON CONFLICT (delivery_id) DO NOTHING
            """,  # noqa: S608
            {"chunk": chunk_id, "mark": mark, "owner": owner},
        )
        return cursor.rowcount


@transaction.atomic
def _later(lane: str, owner: str, window: int) -> Lease | None:
    doubt_later(lane)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH free AS (
                SELECT l.delivery_id FROM newsletter_later l
                JOIN newsletter_chunk c ON c.id = l.delivery_id / {CHUNK_SIZE}
                JOIN newsletter_batch b ON b.id = c.batch_id AND b.state <> 'paused'
                WHERE l.lane = %s AND l.due_at <= statement_timestamp() AND l.marked_at IS NULL
                  AND (l.lease_until IS NULL OR l.lease_until < clock_timestamp())
                ORDER BY l.due_at, l.delivery_id LIMIT %s FOR NO KEY UPDATE OF l SKIP LOCKED
            )
            UPDATE newsletter_later l
            SET lease_owner = %s, lease_until = clock_timestamp() + %s::interval, fence = fence + 1
            FROM free WHERE l.delivery_id = free.delivery_id
            RETURNING l.delivery_id, l.attempt
            """,  # noqa: S608
            [lane, window, owner, LEASE],
        )
        attempts = dict(cursor.fetchall())
    return Lease(lane, owner, 0, None, 0, len(attempts), attempts) if attempts else None


def doubt_later(lane: str) -> int:
    """Later rows that were marked and whose sender's lease ran out become uncertain."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH lost AS (
                DELETE FROM newsletter_later WHERE lane = %s AND marked_at IS NOT NULL
                  AND lease_until < clock_timestamp() RETURNING *
            )
            INSERT INTO newsletter_uncertain (delivery_id, lane, since, attempt, lease_owner, why)
            SELECT delivery_id, lane, clock_timestamp(), attempt, lease_owner,
                   'The sender was cut off.' FROM lost
            ON CONFLICT (delivery_id) DO NOTHING
            """,
            [lane],
        )
        return cursor.rowcount


def is_held(lease: Lease) -> bool:
    """Whether the chunk is still this sender's; locks it. Later rows say for themselves whose they are."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM newsletter_chunk WHERE id = %s AND fence = %s AND NOT done FOR NO KEY UPDATE",
            [lease.chunk_id, lease.fence],
        )
        return cursor.fetchone() is not None


def renew(lease: Lease, under_way: Sequence[int]) -> bool:
    """Keep the lease while a window of it waits for the relay; False if it is somebody else's by now.

    Of later rows it is those under way that are kept. Whoever is frozen renews nothing, and is given up in time.
    """
    with connection.cursor() as cursor:
        if lease.is_later:
            cursor.execute(
                """
                WITH mine AS (
                    SELECT delivery_id FROM newsletter_later
                    WHERE delivery_id = ANY(%s) AND lease_owner = %s AND marked_at IS NOT NULL
                    ORDER BY delivery_id FOR NO KEY UPDATE
                )
                UPDATE newsletter_later l SET lease_until = clock_timestamp() + %s::interval
                FROM mine WHERE l.delivery_id = mine.delivery_id
                """,
                [list(under_way), lease.owner, LEASE],
            )
        else:
            cursor.execute(
                "UPDATE newsletter_chunk SET lease_until = clock_timestamp() + %s::interval"
                " WHERE id = %s AND fence = %s AND NOT done",
                [LEASE, lease.chunk_id, lease.fence],
            )
        return cursor.rowcount > 0


def hold_later(lease: Lease) -> set[int]:
    """Lock those of the later rows that are still this sender's and not marked; which they are.

    A row that another sender has claimed meanwhile may be on its way: nothing may be written of it but an answer.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT delivery_id FROM newsletter_later"
            " WHERE delivery_id = ANY(%s) AND lease_owner = %s AND marked_at IS NULL"
            " ORDER BY delivery_id FOR NO KEY UPDATE",
            [list(lease.attempts), lease.owner],
        )
        return {found for (found,) in cursor.fetchall()}


def is_paused(lease: Lease, under_way: Sequence[int]) -> bool:
    """Whether somebody paused what this lease is of; of later rows, any of those under way."""
    chunks = {one // CHUNK_SIZE for one in under_way} if lease.chunk_id is None else {lease.chunk_id}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM newsletter_chunk c JOIN newsletter_batch b ON b.id = c.batch_id"
            "               WHERE c.id = ANY(%s) AND b.state = %s)",
            [list(chunks), BatchState.PAUSED],
        )
        (found,) = cursor.fetchone()
    return bool(found)


def drop_settled(lease: Lease, *, still_open: set[int]) -> None:
    """Later rows of what has ended or is in doubt by now would be claimed for ever, and before everything else."""
    settled = lease.attempts.keys() - still_open
    if settled:
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM newsletter_later WHERE lease_owner = %s AND marked_at IS NULL AND delivery_id = ANY(%s)",
                [lease.owner, list(settled)],
            )


def narrow(lease: Lease, count: int) -> None:
    """Keep so many of the later rows, and give the others back."""
    attempts = list(lease.attempts.items())
    lease.attempts = dict(attempts[count:])
    release(lease)
    lease.attempts = dict(attempts[:count])


def release(lease: Lease, *, rest: timedelta | None = None) -> None:
    """Give back what was not handed over, not to be tried again before `rest` has passed."""
    with connection.cursor() as cursor:
        if lease.is_later:
            cursor.execute(
                "UPDATE newsletter_later SET lease_owner = '', lease_until = NULL"
                " WHERE lease_owner = %s AND marked_at IS NULL AND delivery_id = ANY(%s)",
                [lease.owner, list(lease.attempts)],
            )
        else:
            cursor.execute(
                "UPDATE newsletter_chunk SET lease_owner = '', lease_until = NULL,"
                " due_at = CASE WHEN %(rest)s::interval IS NULL THEN due_at"
                "               ELSE clock_timestamp() + %(rest)s::interval END"
                " WHERE id = %(chunk)s AND fence = %(fence)s",
                {"rest": str(rest.total_seconds()) if rest else None, "chunk": lease.chunk_id, "fence": lease.fence},
            )
