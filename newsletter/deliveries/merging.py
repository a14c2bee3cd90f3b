"""Two people who are one: what was mailed to either becomes the history of the one who is kept.

What was planned has been cancelled before. A delivery keeps its number, its ending and its name; but a campaign names
its mails by the person, and what has left, or may have left, shall go to the kept one no second time.
"""

from django.db import connection

from newsletter.deliveries.anew import NOT_LEFT
from newsletter.deliveries.models import Kind

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
STATES = [state.value for state in NOT_LEFT]


def hand_over(gone: int, kept: int) -> int:
    """Everything that was ever planned for the one is the other's; how many mails. The caller holds both addresses."""
    return _write(HAND_OVER, {"gone": gone, "kept": kept})


def take_over(way: int, *, of: int) -> int:
    """What has left, or may have left, for the other way counts as this one's, which then never mails it; how many."""
    return _write(TAKE_OVER, {"to": way, "of": of})


def _write(statement: str, values: dict[str, int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, {**values, "not_left": STATES})
        return cursor.rowcount
