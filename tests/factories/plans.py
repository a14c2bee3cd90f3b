"""Many deliveries planned at once, as a campaign's are."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from newsletter.deliveries import gathering
from newsletter.deliveries.gathering import Part
from newsletter.deliveries.models import CHUNK_SIZE
from newsletter.deliveries.services import Planned

LASTS = timedelta(days=14)


def everybody(planned: Planned, select: str, params: Sequence[Any], *, variant_id: int, now: datetime) -> int:
    """Plan one delivery, due now, for each `lead_id` that `select` yields; returns how many."""
    question = f"SELECT lead_id, '' AS label, '' AS reason FROM ({select}) fitting"  # noqa: S608
    with gathering.gather(question, params) as found:
        if not found.people:
            return 0
        dues = [now] * -(-found.people // CHUNK_SIZE)
        found.plan(planned, [Part(0, [""], found.people, variant_id, CHUNK_SIZE, dues, LASTS)], now=now)
        return found.people
