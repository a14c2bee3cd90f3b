"""The engine: plan what is due and put everybody before their next step.

Due enrolments are taken in chunks, one short transaction each: claim (rows that another tick holds are
skipped), decide, look up what was asked, plan the deliveries, write the next positions back in one statement.
Nothing is mailed here. While the marketing lane is held, nobody moves: a hold must not pile up mails for one person.
Nor does anybody get more than the clinic's cap allows: see `room`.

A tag that a way puts on may be the goal of other ways, and end them; a hand-over begins another. Where a sequence
reaches out so, the addresses of who is due, and then all their ways, are held before a chunk is claimed: locks are
taken in this order everywhere.
"""

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import connection, transaction

from clinic import turns
from leads.people import addresses
from newsletter.deliveries import bell, lately, prepared
from newsletter.deliveries import services as deliveries
from newsletter.deliveries.lately import Lately
from newsletter.deliveries.models import CHUNK_SIZE, Kind, Lane
from newsletter.deliveries.services import Planned, Row
from newsletter.deliveries.standing import holds
from newsletter.sequences import ending, events
from newsletter.sequences.almanac import Almanac, PublishedStep, kept
from newsletter.sequences.answers import decide_all
from newsletter.sequences.effects import carry_out_effects
from newsletter.sequences.models import EnrolmentState, SequenceState
from newsletter.sequences.plan.document import EventKind, StepKind
from newsletter.sequences.room import can_wait, make_room
from newsletter.sequences.walk import Due, Move, decide

LIMIT = 50 * CHUNK_SIZE
AN_INSTANT = timedelta(microseconds=1)
ENDED = (EnrolmentState.FINISHED, EnrolmentState.EXITED)

CLAIM = """
    SELECT e.id, e.version_id, e.next_position, e.due_at, coalesce(e.since, e.due_at), e.lead_id,
           l.time_zone, l.paused_until, l.status = 'patient', e.occasion, e.is_asked_for
    FROM newsletter_enrolment e JOIN leads_lead l ON l.id = e.lead_id
    WHERE e.sequence_id = %(sequence)s AND e.state = 'active' AND e.due_at <= %(now)s {only}
    ORDER BY e.due_at LIMIT %(most)s FOR NO KEY UPDATE OF e SKIP LOCKED
"""
HELD = "AND e.lead_id = ANY((SELECT %(only)s::bigint[])::bigint[])"
"""Asked so, PostgreSQL looks these up one by one; told their number, it reads through everybody there is for them."""
REACHES_OUT = """
    EXISTS (SELECT 1 FROM newsletter_step t JOIN newsletter_sequenceversion v ON v.id = t.version_id
            WHERE v.sequence_id = s.id AND t.kind IN ('tag', 'handover'))
"""
NEXT = """
    SELECT due.lead_id FROM unnest(%(sequences)s::bigint[]) AS one (id) CROSS JOIN LATERAL (
        SELECT e.lead_id FROM newsletter_enrolment e
        WHERE e.sequence_id = one.id AND e.state = 'active' AND e.due_at <= %(now)s
        ORDER BY e.due_at LIMIT %(most)s
    ) due
"""
"""The index has one sequence's people in their order: of many who are due, only the first are looked at."""
WRITE_BACK = """
    UPDATE newsletter_enrolment e
    SET next_position = m.position, due_at = m.due_at, since = m.since, last_key = coalesce(m.key, e.last_key),
        state = %(state)s::text, ended_at = %(ended_at)s::timestamptz, exit_reason = %(reason)s::text
    FROM unnest(%(ids)s::bigint[], %(positions)s::int[], %(dues)s::timestamptz[], %(sinces)s::timestamptz[],
                %(keys)s::int[]) AS m (id, position, due_at, since, key)
    WHERE e.id = m.id
"""


def advance(now: datetime, *, limit: int = LIMIT) -> int:
    """Move at most about `limit` enrolments that are due; returns how many were looked at.

    One sequence that fails does not keep the others from being done; what failed is raised at the end.
    """
    waiting = _sequences_with_work(now)
    if not waiting or holds.is_shut(Lane.MARKETING):
        return 0
    left = limit

    def go_on(work: tuple[int, bool]) -> int:
        nonlocal left
        sequence_id, is_reaching_out = work
        done = _advance(sequence_id, almanac, now, is_reaching_out=is_reaching_out, limit=left)
        left -= done
        return done

    with bell.sparingly(), kept() as almanac:
        return turns.each(waiting, go_on, otherwise="Some sequences cannot go on.")


def carry_out(
    sequence_id: int, topic: str, moves: Many[Move], *, now: datetime, expires_at: datetime | None = None
) -> None:
    """Plan the steps of these moves and write down where each enrolment stands; the caller's transaction."""
    planned = Planned(Kind.STEP, sequence_id, Lane.MARKETING, topic, expires_at=expires_at or now + ending.STEP_EXPIRES)
    rows = [
        Row(move.row.id, move.step.key, move.variant_id, lead_id=move.row.lead_id)
        for move in moves
        if move.step is not None and move.variant_id is not None
    ]
    if rows:
        deliveries.plan(planned, rows, due_at=now, now=now)
    _write_back(moves, now)
    carry_out_effects(moves, now)


def live_topic(sequence_id: int) -> str | None:
    """The topic of a sequence that is live, and stays so until this commits; None for a paused one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT topic FROM newsletter_sequence WHERE id = %s AND state = %s FOR SHARE",
            [sequence_id, SequenceState.LIVE],
        )
        found = cursor.fetchone()
    return found[0] if found else None


def _sequences_with_work(now: datetime) -> list[tuple[int, bool]]:
    """Where somebody is due, whom staff want first at the front, and whether it reaches out: an index look for each."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT s.id, {REACHES_OUT} FROM newsletter_sequence s CROSS JOIN LATERAL (
                SELECT 1 FROM newsletter_enrolment e
                WHERE e.sequence_id = s.id AND e.state = 'active' AND e.due_at <= %s ORDER BY e.due_at LIMIT 1
            ) due WHERE s.state = %s ORDER BY s.priority DESC, s.id
            """,  # noqa: S608
            [now, SequenceState.LIVE],
        )
        return cursor.fetchall()


def _advance(sequence_id: int, almanac: Almanac, now: datetime, *, is_reaching_out: bool, limit: int) -> int:
    done, count = 0, CHUNK_SIZE
    while count == CHUNK_SIZE and done < limit:
        count = _advance_chunk(sequence_id, almanac, now, is_reaching_out=is_reaching_out)
        done += count
    return done


@transaction.atomic
def _advance_chunk(sequence_id: int, almanac: Almanac, now: datetime, *, is_reaching_out: bool) -> int:
    held = hold_next([sequence_id], now) if is_reaching_out else None
    topic = live_topic(sequence_id)
    if topic is None:
        return 0
    rows = claim(sequence_id, now, only=held)
    moves = _told(decide_all(rows, almanac, decide, now=now), almanac, now)
    carry_out(sequence_id, topic, _with_room(moves, almanac, now), now=now)
    return len(rows)


def _told(moves: list[Move], almanac: Almanac, now: datetime) -> list[Move]:
    """These moves; who now comes before a wait for something that has happened since this tick began is due again.

    A knock finds ways that stand before their wait. A tick of many chunks has one moment, and takes a while. Clicks
    are told of by the next tick.
    """
    coming: dict[PublishedStep, list[Move]] = defaultdict(list)
    for move in moves:
        step = almanac.published(move.row.version_id).step_at(move.position) if move.step is not None else None
        if step is not None and step.kind == StepKind.UNTIL and step.event and step.event.kind != EventKind.CLICKED:
            coming[step].append(move)
    told: set[int] = set()
    for step, mine in coming.items():
        ways = [(move.row.id, move.row.lead_id, now + AN_INSTANT) for move in mine]
        told |= events.happened(step.event, ways) if step.event else set()
    return [replace(move, due_at=now) if move.row.id in told else move for move in moves] if told else moves


def _with_room(moves: list[Move], almanac: Almanac, now: datetime) -> list[Move]:
    """These moves, but that whoever gets enough mail waits; nobody else plans for them until this is committed."""
    asked = [move.row.lead_id for move in moves if can_wait(move, almanac, now)]
    if not asked:
        return moves
    lately.lock()
    cap = lately.cap()
    got = lately.of(asked, cap, now)
    return [_counted(make_room(move, got[move.row.lead_id], cap, almanac, now=now), got, now) for move in moves]


def _counted(move: Move, got: Mapping[int, Lately], now: datetime) -> Move:
    """The same move; its mail counts for whoever is in this chunk with another way."""
    if move.step is not None:
        got[move.row.lead_id].moments.append(now)
    return move


def reaches_out(sequence_id: int) -> bool:
    """Whether this sequence puts tags on people, or hands them over: what it does reaches other ways."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {REACHES_OUT} FROM newsletter_sequence s WHERE s.id = %s", [sequence_id])  # noqa: S608
        return bool(cursor.fetchone()[0])


def hold_next(sequence_ids: Many[int], now: datetime, *, most: int | None = CHUNK_SIZE) -> list[int]:
    """Who is due, a chunk or all of them, with all their ways held: what a sequence that reaches out needs to claim."""
    values: dict[str, Any] = {"sequences": list(sequence_ids), "now": now, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(NEXT, values)
        leads = [lead for (lead,) in cursor.fetchall()]
    addresses.lock_leads(leads)
    ending.hold_all(leads, now)
    return leads


def claim(sequence_id: int, now: datetime, *, only: Many[int] | None = None) -> list[Due]:
    """Take up to a chunk of due enrolments, the longest waiting first; rows that others hold are left out.

    Who is due at the same moment comes in the order in which they entered: the cap lets the first one through.
    """
    held = prepared.array(only or ())
    values: dict[str, Any] = {"sequence": sequence_id, "now": now, "most": CHUNK_SIZE, "only": held}
    statement = CLAIM.replace("{only}", "" if only is None else HELD)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return sorted((Due(*row) for row in cursor.fetchall()), key=lambda due: (due.due_at, due.id))


def _write_back(moves: Many[Move], now: datetime) -> None:
    """Each ending in a statement of its own: nearly everybody only goes on, and needs three columns."""
    for (state, reason), alike in groupby(sorted(moves, key=_ending), key=_ending):
        some = list(alike)
        prepared.execute(
            WRITE_BACK,
            {
                "ids": prepared.array([move.row.id for move in some]),
                "positions": prepared.array([move.position for move in some]),
                "dues": prepared.array([move.due_at for move in some]),
                "sinces": prepared.array([move.since for move in some]),
                "keys": prepared.array([move.step.key if move.step else None for move in some]),
                "state": state,
                "reason": reason,
                "ended_at": now if state in ENDED else None,
            },
        )


def _ending(move: Move) -> tuple[str, str]:
    return move.state.value, str(move.reason)
