"""How ways end from outside: by a goal, an opt-out, a bounce, an erasure, by staff.

In the transaction of the cause, and whatever was planned and has not left is taken back. Locks are taken in the order
addresses, ways, chunks; whoever asks for an end holds the addresses already.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from leads.models import Lead
from leads.people import addresses
from newsletter.deliveries import prepared
from newsletter.deliveries import services as deliveries
from newsletter.deliveries.models import CHUNK_SIZE, Kind, Lane, State
from newsletter.sequences.models import Enrolment, ExitReason
from newsletter.sequences.plan.document import TriggerKind

STEP_EXPIRES = timedelta(days=14)
RECENT = STEP_EXPIRES + timedelta(days=1)
"""What ended longer ago has no mail any more that could be taken back, but for one that waited out a pause."""

ANY_OPEN = f"""EXISTS (
    SELECT 1 FROM newsletter_delivery d WHERE d.kind = {Kind.STEP:d} AND d.owner = e.id
      AND NOT EXISTS (SELECT 1 FROM newsletter_outcome o WHERE o.delivery_id = d.id) OFFSET 0)
"""  # noqa: S608
"""Asked way by way: told how many they are, PostgreSQL would read through all mails there are (OFFSET 0)."""
CONCERNED = f"(e.ended_at IS NULL OR e.ended_at > %(recent)s OR e.state = 'finished' AND {ANY_OPEN})"
"""Of a way: whether anything could still end it, or take back what it brought."""

HOLD = (
    "SELECT id FROM newsletter_enrolment WHERE id = ANY((SELECT %s::bigint[])::bigint[]) ORDER BY id FOR NO KEY UPDATE"
)
HOLD_ALL = f"""
    SELECT count(*) FROM (
        SELECT 1 FROM newsletter_enrolment e
        WHERE e.lead_id = ANY((SELECT %(leads)s::bigint[])::bigint[]) AND {CONCERNED}
        ORDER BY e.id FOR NO KEY UPDATE
    ) held
"""  # noqa: S608
OPEN = f"""
    SELECT d.id, d.owner FROM newsletter_delivery d
    WHERE d.kind = {Kind.STEP:d} AND d.owner = ANY((SELECT %s::bigint[])::bigint[])
      AND NOT EXISTS (SELECT 1 FROM newsletter_outcome o WHERE o.delivery_id = d.id)
"""  # noqa: S608
"""Their mails that have no ending; nothing is planned for them meanwhile, for they are held."""
WAITING = f"""
    SELECT d.id, d.owner, d.item, b.state FROM newsletter_chunk c JOIN newsletter_batch b ON b.id = c.batch_id
    CROSS JOIN LATERAL (
        SELECT id, owner, item FROM newsletter_delivery
        WHERE id >= c.id * {CHUNK_SIZE} AND id < c.id * {CHUNK_SIZE} + c.size OFFSET 0) d
    WHERE NOT c.done AND c.lane = '{Lane.MARKETING.value}' AND b.kind = {Kind.STEP:d} AND b.owner_id = %(sequence)s
    UNION
    SELECT d.id, d.owner, d.item, b.state FROM (
        SELECT delivery_id FROM newsletter_later UNION SELECT delivery_id FROM newsletter_uncertain
    ) known JOIN newsletter_delivery d ON d.id = known.delivery_id AND d.kind = {Kind.STEP:d}
    JOIN newsletter_chunk c ON c.id = d.id / {CHUNK_SIZE}
    JOIN newsletter_batch b ON b.id = c.batch_id AND b.owner_id = %(sequence)s
"""  # noqa: S608
"""All that a sequence has planned and that has not left, with some that has: what lies in a chunk that is not done, or
waits, or is in doubt. That is little, and the mails that there are need not be read through for it (OFFSET 0).
"""
LATE = f"""
    SELECT DISTINCT e.id FROM ({WAITING}) waiting CROSS JOIN LATERAL (
        SELECT id FROM newsletter_enrolment WHERE id = waiting.owner AND state = 'finished' AND ended_at <= %(before)s
        OFFSET 0) e
    WHERE NOT waiting.item = ANY(%(but)s) ORDER BY e.id
"""  # noqa: S608
LAST_MAILED = f"""(
    SELECT d.item FROM newsletter_delivery d WHERE d.kind = {Kind.STEP:d} AND d.owner = e.id AND d.item >= 0
      AND NOT EXISTS (SELECT 1 FROM newsletter_outcome o
                      WHERE o.delivery_id = d.id AND o.state = {State.CANCELLED:d})
    ORDER BY d.id DESC LIMIT 1)
"""  # noqa: S608
"""A mail that was taken back brought nothing: the one before it is credited."""
CREDIT = f"UPDATE newsletter_enrolment e SET last_key = {LAST_MAILED} WHERE id = ANY(%s::bigint[])"  # noqa: S608
END = f"""
    UPDATE newsletter_enrolment e SET state = CASE WHEN state = 'held_out' THEN state ELSE 'exited' END,
           exit_reason = %(reason)s, ended_at = %(now)s, last_key = CASE WHEN NOT e.id = ANY(%(lost)s::bigint[])
        THEN last_key ELSE {LAST_MAILED} END
    WHERE id = ANY(%(ways)s::bigint[]) AND (ended_at IS NULL OR state = 'finished' AND id = ANY(%(lost)s::bigint[]))
"""  # noqa: S608
"""Those under way, and of those that had finished but for a last mail the ones that lost it."""


def of_lead(lead_id: int) -> list[int]:
    """All ways of this person, held until commit; the caller holds the address."""
    return hold(Enrolment.objects.filter(lead=lead_id).values_list("pk", flat=True))


def hold(ways: Collection[int]) -> list[int]:
    """These ways as nobody else can change them until commit, in the order in which everybody takes them."""
    with connection.cursor() as cursor:
        cursor.execute(HOLD, [prepared.array(ways)])
        return [way for (way,) in cursor.fetchall()]


def hold_all(lead_ids: Collection[int], now: datetime) -> None:
    """Every way of these people that anything could still end or take back; the caller holds the addresses."""
    with connection.cursor() as cursor:
        cursor.execute(HOLD_ALL, {"leads": prepared.array(lead_ids), "recent": now - RECENT})


def late(sequence_id: int, *, but: Collection[int], before: datetime) -> list[int]:
    """The ways through it that finished before, and whose mail (but of these steps) is still to leave."""
    with connection.cursor() as cursor:
        cursor.execute(LATE, {"sequence": sequence_id, "but": list(but), "before": before})
        return [way for (way,) in cursor.fetchall()]


def take_back(ways: Sequence[int], *, reason: str, now: datetime) -> int:
    """End the mails that are planned for these ways, which are held; returns how many ended."""
    return len(_taken_back(ways, reason, now))


def credit_the_mail_before(ways: Collection[int]) -> None:
    """These ways, which are held, lost their last mail, and go on or stay at their end."""
    with connection.cursor() as cursor:
        cursor.execute(CREDIT, [prepared.array(ways)])


def end(ways: Sequence[int], *, reason: ExitReason, now: datetime) -> int:
    """End those of these held ways that are under way, and what is planned for any of them; how many ways ended.

    A way whose last mail is planned has finished; if that mail is taken back, it ended early, and for this reason.
    Who is held out stays told apart: the state stays, the reason and the moment are written down.
    """
    lost = set(_taken_back(ways, reason.value, now))
    with connection.cursor() as cursor:
        values: dict[str, Any] = {
            "reason": reason.value,
            "now": now,
            "ways": prepared.array(ways),
            "lost": prepared.array(lost),
        }
        cursor.execute(END, values)
        return cursor.rowcount


@transaction.atomic(savepoint=False)
def call_off(lead: Lead, *, begun_by: Collection[TriggerKind], occasion: int, now: datetime) -> int:
    """What these ways are about is over: those that one of these began, on this occasion, end."""
    addresses.lock([lead.address_hash])
    kinds = [kind.value for kind in begun_by]
    about_it = Enrolment.objects.filter(lead=lead, occasion=occasion, version__plan__trigger__kind__in=kinds)
    ways = list(about_it.values_list("pk", flat=True))
    return end(hold(ways), reason=ExitReason.OVER, now=now) if ways else 0


def _taken_back(ways: Sequence[int], reason: str, now: datetime) -> list[int]:
    """The ways whose mails ended, each as often as it lost one."""
    with connection.cursor() as cursor:
        cursor.execute(OPEN, [prepared.array(ways)])
        owners = dict(cursor.fetchall())
    return [owners[mail] for mail in deliveries.cancel_these(owners, reason=reason, now=now)]
