"""Which blocks of a mail its reader sees: the conditions of its revision, asked of the people of a window.

Asked in the gate's transaction, after its locks, and only of those whose letter has blocks for some; the others cost
nothing. Where nobody can tell, no mail is made: a block is never shown, nor left out, on a guess.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import InterfaceError, OperationalError, transaction

from leads.segments import queries as segments
from leads.segments.registry import Unanswerable
from newsletter.deliveries.admission import revisions
from newsletter.deliveries.admission.candidates import Candidate

Holds = frozenset[int] | None
"""The numbers of the conditions that hold; None for a mail to staff, which shows every block."""

log = logging.getLogger(__name__)


class Untold(Exception):
    """Nobody can tell which blocks this mail is to show; says why."""


def of(rows: Iterable[Candidate], now: datetime) -> dict[int, Holds | Untold]:
    """By delivery, for those whose letter has conditions."""
    by_revision: dict[int, list[Candidate]] = {}
    for row in rows:
        if row.revision_id is not None:
            by_revision.setdefault(row.revision_id, []).append(row)
    found: dict[int, Holds | Untold] = {}
    for revision_id, mine in by_revision.items():
        onlys = revisions.conditions(revision_id)
        if onlys:
            found.update(_of_letter(onlys, mine, now))
    return found


def place(found: Holds | Untold) -> list[int]:
    """Where a mail stands in its window: beside those who are shown the same."""
    return sorted(found) if isinstance(found, frozenset) else []


def _of_letter(
    onlys: Sequence[Mapping[str, Any]], rows: Sequence[Candidate], now: datetime
) -> dict[int, Holds | Untold]:
    leads = [row.lead_id for row in rows if row.lead_id is not None]
    try:
        with transaction.atomic():
            held = segments.holds(onlys, leads, now)
    except (OperationalError, InterfaceError):
        raise  # nothing is wrong with the conditions
    except Unanswerable as why:
        return {row.id: Untold(f"Who sees one of its blocks cannot be told: {why}") for row in rows}
    except Exception:
        log.exception("The conditions of %d mails cannot be evaluated", len(rows))
        return {row.id: Untold("Who sees one of its blocks cannot be told.") for row in rows}
    return {row.id: _one(row, held) for row in rows}


def _one(row: Candidate, held: Mapping[int, frozenset[int]]) -> Holds | Untold:
    if row.lead_id is None:
        return None
    return held.get(row.lead_id, Untold("Who sees one of its blocks cannot be told: the person is gone."))
