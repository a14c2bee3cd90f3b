"""Plan, pause, resume and cancel deliveries. Nothing here sends: the bell rings when the plan has committed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from django.db import connection, transaction

from newsletter.deliveries import bell, prepared
from newsletter.deliveries.models import (
    CHUNK_SIZE,
    Batch,
    BatchState,
    Chunk,
    Kind,
    Lane,
    Outcome,
    State,
)

PLAN = """
    INSERT INTO newsletter_delivery (id, owner, item, lead_id, staff_id, variant_id, kind)
    SELECT wanted.*, %(kind)s FROM unnest(%(ids)s::bigint[], %(owners)s::bigint[], %(items)s::bigint[],
        %(leads)s::bigint[], %(staff)s::bigint[], %(variants)s::int[]) wanted
    ON CONFLICT DO NOTHING
    RETURNING id
"""
CANCEL = f"""
    WITH mine AS (
        SELECT d.id, c.id AS chunk_id, c.mark FROM newsletter_delivery d
        JOIN newsletter_chunk c ON c.id = d.id / {CHUNK_SIZE}
        WHERE {{whose}}
        ORDER BY c.id FOR NO KEY UPDATE OF c
    ), looked AS (
        SELECT m.id, l.delivery_id IS NOT NULL AS is_later,
               CASE WHEN l.delivery_id IS NULL THEN m.id %% {CHUNK_SIZE} >= m.mark
                    ELSE l.marked_at IS NULL END
               AND NOT EXISTS (SELECT 1 FROM newsletter_uncertain q WHERE q.delivery_id = m.id) AS is_open
        FROM mine m LEFT JOIN newsletter_later l ON l.delivery_id = m.id
    ), recalled AS (
        INSERT INTO newsletter_recall (delivery_id, reason)
        SELECT m.id, %(reason)s::text FROM looked m
        WHERE NOT m.is_open AND NOT EXISTS (SELECT 1 FROM newsletter_outcome o WHERE o.delivery_id = m.id)
        ON CONFLICT (delivery_id) DO NOTHING
    ), gone AS (
        DELETE FROM newsletter_later WHERE delivery_id IN (SELECT id FROM looked WHERE is_open AND is_later)
    )
    INSERT INTO newsletter_outcome (delivery_id, at, state, reason, provider_id)
    SELECT id, %(now)s::timestamptz, %(state)s::smallint, %(reason)s::text, '' FROM looked WHERE is_open
    ON CONFLICT (delivery_id) DO NOTHING RETURNING delivery_id
"""  # noqa: S608
OPEN = "NOT EXISTS (SELECT 1 FROM newsletter_outcome o WHERE o.delivery_id = d.id)"
PROLONG = f"""
    UPDATE newsletter_batch b SET expires_at = %(until)s
    WHERE b.kind = %(kind)s AND b.owner_id = %(owner)s AND b.state = %(paused)s AND b.expires_at < %(until)s
      AND EXISTS (SELECT 1 FROM newsletter_chunk c WHERE c.batch_id = b.id AND (NOT c.done OR EXISTS (
          SELECT 1 FROM newsletter_later l WHERE l.delivery_id >= c.id * {CHUNK_SIZE}
             AND l.delivery_id < (c.id + 1) * {CHUNK_SIZE})))
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Planned:
    """What one planning act is for; `owner_id` is what can be paused or cancelled as a whole."""

    kind: Kind
    owner_id: int
    lane: Lane
    topic: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One delivery to plan: (kind, owner, item) is its unique name; it goes to a lead or to a member of staff."""

    owner: int
    item: int
    variant_id: int
    lead_id: int | None = None
    staff_id: int | None = None


@transaction.atomic
def plan(planned: Planned, rows: Iterable[Row], *, due_at: datetime, now: datetime) -> Batch | None:
    """Plan these deliveries; those planned before (same name) are left alone. None when nothing is new."""
    wanted = list(rows)
    chunk_ids = reserve(-(-len(wanted) // CHUNK_SIZE))
    ids = [chunk_ids[n // CHUNK_SIZE] * CHUNK_SIZE + n % CHUNK_SIZE for n in range(len(wanted))]
    values = {
        "kind": planned.kind.value,
        "ids": prepared.array(ids),
        "owners": prepared.array([row.owner for row in wanted]),
        "items": prepared.array([row.item for row in wanted]),
        "leads": prepared.array([row.lead_id for row in wanted]),
        "staff": prepared.array([row.staff_id for row in wanted]),
        "variants": prepared.array([row.variant_id for row in wanted]),
    }
    new = sorted(found for (found,) in prepared.rows(PLAN, values))
    return _batch(planned, new, due_at=due_at, now=now) if new else None


def pause(kind: Kind, owner_id: int) -> None:
    """Hold everything of this owner where it is, from the next window on."""
    _set_state(kind, owner_id, BatchState.OPEN, BatchState.PAUSED)


def resume(kind: Kind, owner_id: int, *, useful_until: datetime | None = None) -> None:
    """Let what was paused go on where it stopped; what would be too late is of use until then all the same."""
    if useful_until is not None:
        values: dict[str, Any] = {"kind": kind, "owner": owner_id, "until": useful_until}
        with connection.cursor() as cursor:
            cursor.execute(PROLONG, {**values, "paused": BatchState.PAUSED})
    _set_state(kind, owner_id, BatchState.PAUSED, BatchState.OPEN)
    bell.ring(Lane.MARKETING)


def prolong(delivery_id: int, until: datetime) -> None:
    """What was planned together with this one is of use until then at least."""
    late = Batch.objects.filter(chunks=delivery_id // CHUNK_SIZE, expires_at__lt=until)
    late.update(expires_at=until)


def cancel(*, kind: Kind, owner: int, reason: str, now: datetime, item: int | None = None) -> int:
    """End this owner's deliveries (or the one `item`) that have not been handed over; returns how many.

    The caller holds the lead's address lock. Whatever lies before the mark has left or may have left: it keeps
    the ending that it finds, but if that is "try again later", it is not tried again.
    """
    one = " AND d.item = %(item)s::bigint" if item is not None else ""
    names = {"owner": owner, "item": item}
    return _cancel(f"d.kind = {kind:d} AND d.owner = %(owner)s::bigint{one}", names, reason, now)


def cancel_these(delivery_ids: Collection[int], *, reason: str, now: datetime) -> list[int]:
    """The same for many deliveries, of however many owners, at once; the caller holds their addresses. Which ended."""
    if not delivery_ids:
        return []
    names = {"ids": prepared.array(delivery_ids)}
    return _cancelled("d.id = ANY(%(ids)s::bigint[])", names, reason, now)


def cancel_all_of(lead_id: int, *, reason: str, now: datetime) -> int:
    """The same for everything, of whatever kind, that is planned for one person; the caller holds their address."""
    return _cancel(f"d.lead_id = %(lead)s::bigint AND {OPEN}", {"lead": lead_id}, reason, now)


@transaction.atomic
def cancel_batches(kind: Kind, owner_id: int, *, reason: str, now: datetime) -> int:
    """End everything of this owner that has not been handed over; returns how many.

    A leased chunk is cut at its mark: its sender finds nothing beyond it and closes it.
    """
    batches = list(Batch.objects.filter(kind=kind, owner_id=owner_id).values_list("id", flat=True))
    Batch.objects.filter(id__in=batches).update(state=BatchState.CANCELLED)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH cut AS (
                SELECT id, mark, size FROM newsletter_chunk
                WHERE batch_id = ANY(%(batches)s) AND NOT done ORDER BY id FOR NO KEY UPDATE
            ), shrunk AS (
                UPDATE newsletter_chunk c SET size = cut.mark, done = c.lease_until IS NULL
                FROM cut WHERE c.id = cut.id
            ), waiting AS (
                DELETE FROM newsletter_later l USING newsletter_chunk c
                WHERE c.id = l.delivery_id / {CHUNK_SIZE} AND c.batch_id = ANY(%(batches)s)
                  AND l.marked_at IS NULL RETURNING l.delivery_id AS id
            ), ended AS (
                SELECT d.id FROM cut JOIN newsletter_delivery d
                  ON d.id >= cut.id * {CHUNK_SIZE} + cut.mark
                 AND d.id < cut.id * {CHUNK_SIZE} + cut.size
                UNION SELECT id FROM waiting
            )
            INSERT INTO newsletter_outcome (delivery_id, at, state, reason, provider_id)
            SELECT id, %(now)s, %(state)s, %(reason)s, '' FROM ended
            ON CONFLICT (delivery_id) DO NOTHING
            """,  # noqa: S608
            {"batches": batches, "now": now, "state": State.CANCELLED, "reason": reason[:200]},
        )
        return cursor.rowcount


def _cancel(whose: LiteralString, names: Mapping[str, int | str | None], reason: str, now: datetime) -> int:
    return len(_cancelled(whose, names, reason, now))


def _cancelled(whose: LiteralString, names: Mapping[str, int | str | None], reason: str, now: datetime) -> list[int]:
    values = {**names, "now": now, "state": State.CANCELLED, "reason": reason[:200]}
    return [ended for (ended,) in prepared.rows(CANCEL.format(whose=whose), values)]


def _set_state(kind: Kind, owner_id: int, old: BatchState, new: BatchState) -> None:
    Batch.objects.filter(kind=kind, owner_id=owner_id, state=old).update(state=new)


def reserve(count: int) -> list[int]:
    """Chunk numbers nobody else will use; unused ones are lost, which costs nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('newsletter_chunk', 'id')) FROM generate_series(1, %s)",
            [count],
        )
        return [found for (found,) in cursor.fetchall()]


def _batch(planned: Planned, ids: list[int], *, due_at: datetime, now: datetime) -> Batch:
    """Chunks are as long as their last delivery's place; places that were not new stay empty."""
    chunks: dict[int, int] = {}
    for delivery_id in ids:
        chunks[delivery_id // CHUNK_SIZE] = delivery_id % CHUNK_SIZE + 1
    return _record_batch(planned, chunks, size=len(ids), due_at=due_at, now=now)


def _record_batch(planned: Planned, chunks: dict[int, int], *, size: int, due_at: datetime, now: datetime) -> Batch:
    batch = Batch.objects.create(
        kind=planned.kind,
        owner_id=planned.owner_id,
        lane=planned.lane,
        topic=planned.topic,
        size=size,
        planned_at=now,
        expires_at=planned.expires_at,
    )
    Chunk.objects.bulk_create(
        [
            Chunk(id=chunk_id, batch=batch, lane=planned.lane, due_at=due_at, size=length)
            for chunk_id, length in chunks.items()
        ]
    )
    if due_at <= now:
        bell.ring(planned.lane)
    return batch


def outcomes_of(delivery_ids: Sequence[int]) -> dict[int, Outcome]:
    """Outcomes by delivery id, for those that have one."""
    return Outcome.objects.in_bulk(list(delivery_ids))
