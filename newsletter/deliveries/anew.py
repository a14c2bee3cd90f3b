"""A delivery's name used anew: what ended before it left may be planned a second time.

The old row keeps its number, its ending and its place in the person's history. It gives up its name alone, so that the
index which keeps a mail from going twice does so for the new one. What has left, or may have left, keeps its name.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from newsletter.deliveries.models import CHUNK_SIZE, Kind, State

NOT_LEFT = (State.REFUSED, State.FAILED, State.EXPIRED, State.CANCELLED)

GIVE_UP = f"""
    WITH mine AS (
        SELECT d.id, d.owner, d.item, b.planned_at FROM newsletter_delivery d
        JOIN newsletter_outcome o ON o.delivery_id = d.id
        JOIN newsletter_chunk c ON c.id = d.id / {CHUNK_SIZE} JOIN newsletter_batch b ON b.id = c.batch_id
        WHERE d.kind = %(kind)s AND d.owner = ANY(%(owners)s) AND d.item >= 0 AND o.state = ANY(%(states)s)
          AND (%(items)s::bigint[] IS NULL OR d.item = ANY(%(items)s))
          AND (%(reasons)s::text[] IS NULL OR o.reason = ANY(%(reasons)s))
    )
    UPDATE newsletter_delivery d SET item = -d.id FROM mine WHERE d.id = mine.id
    RETURNING mine.owner, mine.item, mine.planned_at
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Freed:
    """A name that may be used again, and when it was used before."""

    owner: int
    item: int
    planned_at: datetime


def cancelled(kind: Kind, owners: Sequence[int], *, reasons: Collection[str]) -> list[Freed]:
    """What was cancelled for one of these reasons gives up its name. The caller holds the addresses and the owners."""
    return _give_up(kind, owners, states=[State.CANCELLED], reasons=reasons)


def not_left(kind: Kind, owner: int, *, items: Collection[int]) -> list[Freed]:
    """Those of these that ended, however, without having left give up their names."""
    return _give_up(kind, [owner], states=NOT_LEFT, items=items)


def _give_up(
    kind: Kind,
    owners: Sequence[int],
    *,
    states: Collection[State],
    reasons: Collection[str] | None = None,
    items: Collection[int] | None = None,
) -> list[Freed]:
    values: dict[str, Any] = {
        "kind": kind,
        "owners": list(owners),
        "states": [state.value for state in states],
        "reasons": None if reasons is None else list(reasons),
        "items": None if items is None else list(items),
    }
    with connection.cursor() as cursor:
        cursor.execute(GIVE_UP, values)
        return [Freed(*row) for row in cursor.fetchall()]
