"""Gaps that nobody chose: a mail that a way has passed, though it never was planned for it.

What was planned may have been skipped, refused or taken back with its step: that is on record. What was taken back so
that it comes later (the way was held, or came over from another address) is none while the way goes on. What waited
until it was too late to be useful is one, but where staff skipped what was overdue: that was too late from the first.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from django.db import connection

from newsletter.deliveries.models import CHUNK_SIZE, Kind, State
from newsletter.sequences import one
from newsletter.sequences.models import ExitReason
from newsletter.sequences.plan.document import StepKind
from newsletter.sequences.plan.flatten import Placed
from tests.newsletter.sequences.shapes import Mail

COMES_LATER = [one.HELD, ExitReason.MERGED.value]
BRANCHING = {StepKind.UNTIL, StepKind.SPLIT, StepKind.LOT}
WAYS = f"""
    SELECT e.id, e.lead_id, e.version_id, e.next_position, e.state, e.turn > 0 OR e.occasion <> 0, array(
        SELECT d.item FROM newsletter_delivery d LEFT JOIN newsletter_outcome o ON o.delivery_id = d.id
        WHERE d.kind = {Kind.STEP:d} AND d.owner = e.id AND (o.state IS DISTINCT FROM {State.EXPIRED:d} OR EXISTS (
            SELECT 1 FROM newsletter_chunk c JOIN newsletter_batch b ON b.id = c.batch_id
            WHERE c.id = d.id / {CHUNK_SIZE} AND b.expires_at <= b.planned_at))
          AND (e.state = 'finished' OR o.reason IS NULL OR o.reason <> ALL(%s)))
    FROM newsletter_enrolment e
"""  # noqa: S608

Places = Mapping[int, Placed]
"""A version's steps by position."""


def gaps(versions: Mapping[int, Places], mails: Iterable[Mail]) -> set[int]:
    """The ways that stand where no path brings them on which each mail was planned for them.

    Nobody gets a mail again that another of their ways has just brought: `mails` are all that ever were planned.
    """
    with connection.cursor() as cursor:
        cursor.execute(WAYS, [COMES_LATER])
        ways = cursor.fetchall()
    lead_of = {way: lead for way, lead, *_rest in ways}
    brought: dict[int, set[int]] = defaultdict(set)
    for mail in mails:
        brought[lead_of[mail.way]].add(mail.key)
    return {
        way
        for way, lead, version, position, state, is_again, had in ways
        if state != "exited" and position not in reached(versions[version], brought[lead] | {*had} if is_again else had)
    }


def reached(places: Places, had: Collection[int]) -> set[int]:
    """Where a way may stand that had these mails: the end is behind the last step."""
    found: set[int] = set()
    ahead = [0]
    while ahead:
        place = ahead.pop()
        if place in found:
            continue
        found.add(place)
        placed = places.get(place)
        if placed is not None:
            ahead += _onward(placed, had)
    return found


def _onward(placed: Placed, had: Collection[int]) -> list[int]:
    """Where the way may go on from here."""
    kind = placed.step.kind
    if kind == StepKind.END or (kind == StepKind.EMAIL and placed.step.key not in had):
        return []
    return [placed.yes, placed.no] if kind in BRANCHING else [placed.after]
