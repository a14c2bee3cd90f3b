"""What should have left by now and waits: counted by what it is for, put off without a flood, or skipped.

Deliveries that are planned are counted here. What is due and not planned yet (people in a sequence, campaigns whose
time has come) is counted by sources that upper rooms register. What staff have paused is not overdue.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils.functional import Promise

from newsletter.deliveries import claim
from newsletter.deliveries.models import CHUNK_SIZE, Kind, Lane, State

SKIPPED = "skipped after a hold"
SPREAD = "spread out after a hold"
NAMED = (Kind.CAMPAIGN, Kind.STEP)
"""What has an owner with a name; the rest is counted by its kind."""

LINES = f"""
    WITH waiting AS (
        SELECT c.id AS chunk_id, d.id, c.due_at FROM newsletter_chunk c
        JOIN newsletter_delivery d ON d.id >= c.id * {CHUNK_SIZE} + c.mark AND d.id < c.id * {CHUNK_SIZE} + c.size
        WHERE NOT c.done AND c.due_at <= %(now)s
          AND NOT EXISTS (SELECT 1 FROM newsletter_outcome o WHERE o.delivery_id = d.id)
          AND NOT EXISTS (SELECT 1 FROM newsletter_later l WHERE l.delivery_id = d.id)
        UNION ALL
        SELECT l.delivery_id / {CHUNK_SIZE}, l.delivery_id, l.due_at FROM newsletter_later l
        WHERE l.due_at <= %(now)s AND l.marked_at IS NULL
    )
    SELECT b.lane, b.kind, CASE WHEN b.kind = ANY(%(named)s) THEN b.owner_id END AS owner, count(*), min(w.due_at)
    FROM waiting w JOIN newsletter_chunk c ON c.id = w.chunk_id
    JOIN newsletter_batch b ON b.id = c.batch_id AND b.state <> 'paused'
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""  # noqa: S608
SKIP = f"""
    WITH cut AS (
        SELECT c.id, c.mark, c.size FROM newsletter_chunk c JOIN newsletter_batch b ON b.id = c.batch_id
        WHERE NOT c.done AND c.due_at < %(before)s AND c.lane = ANY(%(lanes)s) AND b.state <> 'paused'
        ORDER BY c.id FOR NO KEY UPDATE OF c
    ), shrunk AS (
        UPDATE newsletter_chunk c SET size = cut.mark, done = c.lease_until IS NULL FROM cut WHERE c.id = cut.id
    ), late AS (
        DELETE FROM newsletter_later l USING newsletter_chunk c, newsletter_batch b
        WHERE c.id = l.delivery_id / {CHUNK_SIZE} AND b.id = c.batch_id AND b.state <> 'paused'
          AND l.lane = ANY(%(lanes)s) AND l.due_at < %(before)s AND l.marked_at IS NULL
        RETURNING l.delivery_id AS id
    ), ended AS (
        SELECT d.id FROM cut JOIN newsletter_delivery d
          ON d.id >= cut.id * {CHUNK_SIZE} + cut.mark AND d.id < cut.id * {CHUNK_SIZE} + cut.size
        WHERE NOT EXISTS (SELECT 1 FROM newsletter_later l WHERE l.delivery_id = d.id)
        UNION SELECT id FROM late
    )
    INSERT INTO newsletter_outcome (delivery_id, at, state, reason, provider_id)
    SELECT id, %(now)s, {State.EXPIRED:d}, '{SKIPPED}', '' FROM ended
    ON CONFLICT (delivery_id) DO NOTHING
"""  # noqa: S608
AT_MOST_ONE_BY_ONE = 20 * CHUNK_SIZE
"""Of so many overdue mails each gets a moment of its own. Of more, a parcel is never over a twentieth of them."""

OVERDUE = """
    SELECT c.id, c.mark, c.size, c.lease_owner, c.lease_until IS NOT NULL FROM newsletter_chunk c
    JOIN newsletter_batch b ON b.id = c.batch_id AND b.state <> 'paused'
    WHERE NOT c.done AND c.due_at <= %(now)s AND c.lane = 'marketing'
      AND (c.lease_until IS NULL OR c.lease_until < clock_timestamp())
    ORDER BY c.id FOR NO KEY UPDATE OF c
"""
UNPACK = f"""
    WITH rest AS (
        SELECT d.id, c.lane, c.due_at FROM newsletter_chunk c
        JOIN newsletter_delivery d ON d.id >= c.id * {CHUNK_SIZE} + c.mark AND d.id < c.id * {CHUNK_SIZE} + c.size
        WHERE c.id = ANY(%(chunks)s::bigint[])
          AND NOT EXISTS (SELECT 1 FROM newsletter_outcome o WHERE o.delivery_id = d.id)
    ), unpacked AS (
        UPDATE newsletter_chunk SET mark = size, done = true, lease_owner = '', lease_until = NULL, fence = fence + 1
        WHERE id = ANY(%(chunks)s::bigint[])
    )
    INSERT INTO newsletter_later (delivery_id, lane, due_at, attempt, reason, fence, lease_owner)
    SELECT id, lane, due_at, 0, '{SPREAD}', 0, '' FROM rest
    ON CONFLICT (delivery_id) DO NOTHING
"""  # noqa: S608
PUT_OFF = (
    """
    WITH mine AS (
        SELECT c.id, c.due_at, c.size - c.mark AS rest FROM newsletter_chunk c
        JOIN newsletter_batch b ON b.id = c.batch_id AND b.state <> 'paused'
        WHERE NOT c.done AND c.due_at <= %(now)s AND c.lane = 'marketing'
        ORDER BY c.id FOR NO KEY UPDATE OF c
    ), late AS (
        SELECT id, coalesce(sum(rest) OVER before, 0)::float8 / greatest(sum(rest) OVER (), 1) AS share FROM mine
        WINDOW before AS (ORDER BY due_at, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    )
    UPDATE newsletter_chunk c SET due_at = %(now)s + make_interval(secs => late.share * %(seconds)s)
    FROM late WHERE c.id = late.id
    """,
    f"""
    WITH mine AS (
        SELECT l.delivery_id, l.due_at FROM newsletter_later l
        JOIN newsletter_chunk c ON c.id = l.delivery_id / {CHUNK_SIZE}
        JOIN newsletter_batch b ON b.id = c.batch_id AND b.state <> 'paused'
        WHERE l.due_at <= %(now)s AND l.marked_at IS NULL AND l.lane = 'marketing'
        ORDER BY l.delivery_id FOR NO KEY UPDATE OF l
    ), late AS (
        SELECT delivery_id, (row_number() OVER (ORDER BY due_at, delivery_id) - 1)::float8 / count(*) OVER () AS share
        FROM mine
    )
    UPDATE newsletter_later l SET due_at = %(now)s + make_interval(secs => late.share * %(seconds)s)
    FROM late WHERE l.delivery_id = late.delivery_id
    """,  # noqa: S608
)


@dataclass(frozen=True, slots=True)
class Line:
    """So many mails of one campaign, sequence or kind, the oldest of them due at this time."""

    lane: Lane
    what: str | Promise
    count: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Source:
    """What is due and not planned yet: `lines(now)`, `skip(before, now)`, `put_off(now, over)`; marketing only."""

    lines: Callable[[datetime], Sequence[Line]]
    skip: Callable[[datetime, datetime], int]
    put_off: Callable[[datetime, timedelta], int]


_sources: list[Source] = []
_names: dict[Kind, Callable[[Sequence[int]], Mapping[int, str]]] = {}


def register(source: Source) -> None:
    """Count, skip and put off this too; called from an app's ready()."""
    if source not in _sources:
        _sources.append(source)


def name_owners(kind: Kind, names: Callable[[Sequence[int]], Mapping[int, str]]) -> None:
    """Have owners of this kind called by name; called from an app's ready()."""
    _names[kind] = names


def lines(now: datetime) -> list[Line]:
    """All that is overdue, by lane and by what it is for; planned first, then what upper rooms know."""
    with connection.cursor() as cursor:
        cursor.execute(LINES, {"now": now, "named": list(NAMED)})
        rows = cursor.fetchall()
    found = [
        Line(Lane(lane), _label(Kind(kind), owner, rows), count, oldest) for lane, kind, owner, count, oldest in rows
    ]
    return found + [line for source in _sources for line in source.lines(now)]


def oldest(lane: str, now: datetime) -> datetime | None:
    """Since when the longest waiting planned mail of this lane is due; None when nothing is. Cheap."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT least(
                (SELECT c.due_at FROM newsletter_chunk c
                 JOIN newsletter_batch b ON b.id = c.batch_id AND b.state <> 'paused'
                 WHERE NOT c.done AND c.lane = %(lane)s AND c.due_at <= %(now)s ORDER BY c.due_at LIMIT 1),
                (SELECT l.due_at FROM newsletter_later l JOIN newsletter_chunk c ON c.id = l.delivery_id / {CHUNK_SIZE}
                 JOIN newsletter_batch b ON b.id = c.batch_id AND b.state <> 'paused'
                 WHERE l.lane = %(lane)s AND l.due_at <= %(now)s ORDER BY l.due_at LIMIT 1))
            """,  # noqa: S608
            {"lane": lane, "now": now},
        )
        (found,) = cursor.fetchone()
    return found


def most(lane: str, now: datetime) -> int:
    """How many planned mails of this lane are overdue at most: some may have been cancelled one by one. Cheap."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT (SELECT coalesce(sum(c.size - c.mark), 0) FROM newsletter_chunk c
                    JOIN newsletter_batch b ON b.id = c.batch_id AND b.state <> 'paused'
                    WHERE NOT c.done AND c.lane = %(lane)s AND c.due_at <= %(now)s)
                 + (SELECT count(*) FROM newsletter_later l
                    JOIN newsletter_chunk c ON c.id = l.delivery_id / {CHUNK_SIZE}
                    JOIN newsletter_batch b ON b.id = c.batch_id AND b.state <> 'paused'
                    WHERE l.lane = %(lane)s AND l.due_at <= %(now)s AND l.marked_at IS NULL)
            """,  # noqa: S608
            {"lane": lane, "now": now},
        )
        (found,) = cursor.fetchone()
    return found


def is_any(*, before: datetime) -> bool:
    """Whether marketing mail was due before this moment, planned or not."""
    return oldest(Lane.MARKETING, before) is not None or any(source.lines(before) for source in _sources)


def settle(*, before: datetime | None, lanes: Sequence[str], now: datetime, over: timedelta) -> int:
    """End what was due `before` as expired, it will never leave, and put off the rest; how many were ended.

    Marketing mail is dealt out evenly from now on, the longest waiting first, one by one or, of very much, chunk by
    chunk. What upper rooms know comes first, as with everybody else: whoever leaves a sequence locks the enrolment,
    then the chunks.
    """
    skipped = 0
    for source in _sources:
        if before is not None and Lane.MARKETING in lanes:
            skipped += source.skip(before, now)
        source.put_off(now, over)
    with connection.cursor() as cursor:
        if before is not None:
            cursor.execute(SKIP, {"before": before, "now": now, "lanes": list(lanes)})
            skipped += cursor.rowcount
        _unpack(now)
        for statement in PUT_OFF:
            cursor.execute(statement, {"now": now, "seconds": over.total_seconds()})
    return skipped


def _unpack(now: datetime) -> None:
    """Give each mail of overdue chunks a later row, where they are few enough: those are dealt out one by one.

    A chunk's first mails may have been handed over by a sender that died; claiming it would say so, and so does this.
    """
    with connection.cursor() as cursor:
        cursor.execute(OVERDUE, {"now": now})
        found = cursor.fetchall()
        if not 0 < sum(size - mark for _id, mark, size, _owner, _is_leased in found) <= AT_MOST_ONE_BY_ONE:
            return
        for chunk_id, mark, _size, owner, is_leased in found:
            if is_leased:
                claim.doubt_chunk(chunk_id, mark=mark, owner=owner)
        cursor.execute(UNPACK, {"chunks": [row[0] for row in found]})


def _label(kind: Kind, owner: int | None, rows: Sequence[tuple]) -> str | Promise:
    names = _names.get(kind)
    if owner is None or names is None:
        return kind.label
    return names([row[2] for row in rows if row[1] == kind]).get(owner, f"{kind.label} {owner}")
