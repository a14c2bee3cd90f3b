"""Two people who are one: what was mailed to either becomes the history of the one who is kept.

What was planned for the other has been cancelled before. A delivery keeps its number, its ending and its name; but a
campaign names its mails by the person, and what has left, or may have left, shall go to the kept one no second time.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection

from newsletter.deliveries import anew
from newsletter.deliveries import services as deliveries
from newsletter.deliveries.anew import NOT_LEFT
from newsletter.deliveries.models import CHUNK_SIZE, Kind

OPEN_YET = "NOT EXISTS (SELECT 1 FROM newsletter_outcome o WHERE o.delivery_id = mine.id)"
HAND_OVER = f"""
    UPDATE newsletter_delivery d SET lead_id = %(kept)s, item = CASE
        WHEN d.kind <> {Kind.CAMPAIGN:d} OR d.item <> %(gone)s
          OR EXISTS (SELECT 1 FROM newsletter_outcome o WHERE o.delivery_id = d.id AND o.state = ANY(%(not_left)s))
          OR EXISTS (SELECT 1 FROM newsletter_delivery other
                     WHERE other.kind = {Kind.CAMPAIGN:d} AND other.owner = d.owner AND other.item = %(kept)s)
        THEN d.item ELSE %(kept)s END
    WHERE d.lead_id = %(gone)s
"""  # noqa: S608
TAKE_OVER = f"""
    UPDATE newsletter_delivery d SET owner = %(to)s
    WHERE d.kind = {Kind.STEP:d} AND d.owner = %(of)s AND d.item >= 0
      AND NOT EXISTS (SELECT 1 FROM newsletter_outcome o WHERE o.delivery_id = d.id AND o.state = ANY(%(not_left)s))
      AND NOT EXISTS (SELECT 1 FROM newsletter_delivery other
                      WHERE other.kind = d.kind AND other.owner = %(to)s AND other.item = d.item)
"""  # noqa: S608
HAD_A_CAMPAIGN = f"""
    SELECT mine.owner, mine.item FROM newsletter_delivery mine
    WHERE mine.kind = {Kind.CAMPAIGN:d} AND mine.item = %(kept)s AND mine.owner IN (
        SELECT d.owner FROM newsletter_delivery d WHERE d.lead_id = %(gone)s AND d.kind = {Kind.CAMPAIGN:d}
          AND NOT EXISTS (SELECT 1 FROM newsletter_outcome o WHERE o.delivery_id = d.id AND o.state = ANY(%(not_left)s))
    ) AND {OPEN_YET} ORDER BY mine.id
"""  # noqa: S608
HAD_A_STEP = f"""
    SELECT mine.owner, mine.item FROM newsletter_delivery mine
    JOIN newsletter_delivery d ON d.kind = mine.kind AND d.owner = %(of)s AND d.item = mine.item
    WHERE mine.kind = {Kind.STEP:d} AND mine.owner = %(to)s AND mine.item >= 0
      AND NOT EXISTS (SELECT 1 FROM newsletter_outcome o WHERE o.delivery_id = d.id AND o.state = ANY(%(not_left)s))
      AND {OPEN_YET} ORDER BY mine.id
"""  # noqa: S608
UNENDED = f"""
    SELECT mine.lead_id, mine.kind, mine.owner, mine.item,
           CASE WHEN l.delivery_id IS NULL THEN mine.id %% {CHUNK_SIZE} < c.mark ELSE l.marked_at IS NOT NULL END
    FROM newsletter_delivery mine JOIN newsletter_chunk c ON c.id = mine.id / {CHUNK_SIZE}
    LEFT JOIN newsletter_later l ON l.delivery_id = mine.id
    WHERE mine.lead_id = ANY(%(both)s) AND mine.kind IN ({Kind.CAMPAIGN:d}, {Kind.STEP:d}) AND {OPEN_YET}
"""  # noqa: S608
"""What is planned for either, and whether a sender has it in hand: nobody knows then whether it has left."""
STATES = [state.value for state in NOT_LEFT]
HAD = "had already"
"""Why a mail is taken back that the same person got, or may have got, at their other address."""


def is_unclear(kept: int, gone: int, *, about: Mapping[int, int]) -> bool:
    """Whether both are to get the same mail, and nobody can tell at this moment whether the one who goes has it.

    `about` tells of ways which sequence they are about. The caller holds both addresses: nothing more is handed over.
    """
    with connection.cursor() as cursor:
        cursor.execute(UNENDED, {"both": [kept, gone]})
        found = cursor.fetchall()
    mine: set[tuple[int, int, int]] = set()
    theirs: set[tuple[int, int, int]] = set()
    for lead_id, kind, owner, item, is_in_hand in found:
        name = (kind, about.get(owner, 0), item) if kind == Kind.STEP else (kind, owner, 0)
        if lead_id == gone and is_in_hand:
            theirs.add(name)
        if lead_id == kept and (is_in_hand or kind == Kind.CAMPAIGN):
            mine.add(name)
    return not mine.isdisjoint(theirs)


def hand_over(gone: int, kept: int, *, reason: str, now: datetime) -> int:
    """Everything that was ever planned for the one is the other's; how many mails. The caller holds both addresses.

    What is still planned for the kept one of a campaign that the other one has had is cancelled for this reason.
    """
    values = {"gone": gone, "kept": kept}
    _cancel(Kind.CAMPAIGN, HAD_A_CAMPAIGN, values, reason=reason, now=now)
    return _write(HAND_OVER, values)


def take_over(way: int, *, of: int, now: datetime) -> int:
    """What has left, or may have left, for the other way counts as this one's, which then never mails it; how many.

    What this one has planned of it is cancelled, and gives up its name to the mail that has left.
    """
    values = {"to": way, "of": of}
    had = _cancel(Kind.STEP, HAD_A_STEP, values, reason=HAD, now=now)
    if had:
        anew.not_left(Kind.STEP, way, items=had)
    return _write(TAKE_OVER, values)


def _cancel(kind: Kind, had: str, values: dict[str, int], *, reason: str, now: datetime) -> list[int]:
    """End what is planned and was had already; the items."""
    with connection.cursor() as cursor:
        cursor.execute(had, {**values, "not_left": STATES})
        found = cursor.fetchall()
    for owner, item in found:
        deliveries.cancel(kind=kind, owner=owner, item=item, reason=reason, now=now)
    return [item for _owner, item in found]


def _write(statement: str, values: dict[str, int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, {**values, "not_left": STATES})
        return cursor.rowcount
