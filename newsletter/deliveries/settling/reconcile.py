"""What nobody knows for certain, and how it is settled: by a journal, by evidence, by a person, or by time.

An uncertain marketing mail is never sent again on a guess.
"""

from datetime import datetime, timedelta
from functools import partial

from django.db import connection, transaction

from accounts import audit
from accounts.models import User
from clinic import turns
from clinic.clock import database_now
from newsletter.deliveries import bell, claim, guard, journal, record
from newsletter.deliveries.journal import Found
from newsletter.deliveries.models import CHUNK_SIZE, Delivery, Lane, State, Uncertain
from newsletter.deliveries.record import Record, Subject
from newsletter.deliveries.settling import calls
from newsletter.deliveries.transport.answers import NOBODY_THERE, Answer, Phase

TREATED_AS_SENT_AFTER = timedelta(days=7)
SENT_AGAIN = "sent again by staff"
NOT_FOUND = "not in the provider's records"
"""Why somebody who was in doubt is offered to the gate again."""

POSITIVE, TRANSIENT = 2, 4

BEYOND = f"""
    WITH told AS (
        INSERT INTO newsletter_uncertain (delivery_id, lane, since, attempt, lease_owner, why)
        SELECT d.id, c.lane, clock_timestamp(), coalesce(l.attempt, 0), %(owner)s, 'Only the journal tells of it.'
        FROM unnest(%(ids)s::bigint[], %(taken)s::boolean[]) said (id, is_taken)
        JOIN newsletter_delivery d ON d.id = said.id JOIN newsletter_chunk c ON c.id = d.id / {CHUNK_SIZE}
        LEFT JOIN newsletter_later l ON l.delivery_id = d.id
        WHERE NOT EXISTS (SELECT 1 FROM newsletter_outcome o WHERE o.delivery_id = d.id)
          AND (said.is_taken OR CASE WHEN l.delivery_id IS NULL THEN d.id %% {CHUNK_SIZE} >= c.mark
                                     ELSE l.marked_at IS NULL AND l.reason <> ALL(%(decided)s) END)
        ON CONFLICT (delivery_id) DO NOTHING RETURNING delivery_id
    )
    DELETE FROM newsletter_later l USING told WHERE l.delivery_id = told.delivery_id
"""  # noqa: S608
REFUSED = """
    SELECT u.lane, d.id, v.current_id, u.attempt, l.address_hash FROM newsletter_uncertain u
    JOIN newsletter_delivery d ON d.id = u.delivery_id JOIN newsletter_variant v ON v.id = d.variant_id
    LEFT JOIN leads_lead l ON l.id = d.lead_id WHERE u.delivery_id = %s AND u.lease_owner = %s
"""
BEHIND = f"""
    SELECT c.id, c.mark, least(told.mark, c.size), c.lease_owner, c.lease_until IS NOT NULL FROM newsletter_chunk c
    JOIN (SELECT id / {CHUNK_SIZE} AS chunk_id, max(id %% {CHUNK_SIZE}) + 1 AS mark
          FROM unnest(%(ids)s::bigint[]) said (id) GROUP BY 1) told ON told.chunk_id = c.id AND c.mark < told.mark
    WHERE NOT c.done ORDER BY c.id FOR NO KEY UPDATE OF c
"""  # noqa: S608
CATCH_UP = f"""
    WITH moved AS (
        UPDATE newsletter_chunk SET mark = %(mark)s, lease_owner = '', lease_until = NULL, fence = fence + 1
        WHERE id = %(chunk)s RETURNING lane, due_at
    )
    INSERT INTO newsletter_later (delivery_id, lane, due_at, attempt, reason, fence, lease_owner)
    SELECT d.id, moved.lane, moved.due_at, 0, 'not begun', 0, '' FROM moved JOIN newsletter_delivery d
      ON d.id >= %(chunk)s * {CHUNK_SIZE} + %(before)s AND d.id < %(chunk)s * {CHUNK_SIZE} + %(mark)s
    WHERE NOT EXISTS (SELECT 1 FROM newsletter_outcome o WHERE o.delivery_id = d.id)
      AND NOT EXISTS (SELECT 1 FROM newsletter_uncertain q WHERE q.delivery_id = d.id)
    ON CONFLICT (delivery_id) DO NOTHING
"""  # noqa: S608


def bury_the_dead() -> int:
    """Settle what senders killed on this machine left behind; returns how many senders.

    What cannot be settled is kept, keeps nothing else from being settled, and is raised at the end.
    """
    return turns.each(journal.left_behind(), _settle, otherwise="Some journals cannot be settled.")


def _settle(found: Found) -> int:
    found.is_kept = True
    _bury(found)
    refused = [key for key, code in found.answers.items() if code == NOBODY_THERE]
    turns.each(refused, partial(_bounce, found.owner), otherwise="Some bounces cannot be written.")
    found.is_kept = False
    return 1


@transaction.atomic
def _bury(found: Found) -> None:
    """Take the dead sender's leases, name its window uncertain, then settle by what its journal says."""
    now = _take_over(found.owner)
    _doubt_beyond_marks(found)
    doubts = list(Uncertain.objects.select_for_update().filter(lease_owner=found.owner).order_by("delivery_id"))
    revisions = _revisions([doubt.delivery_id for doubt in doubts])
    settled = Record()
    for doubt in doubts:
        subject = Subject(doubt.delivery_id, revisions.get(doubt.delivery_id), doubt.attempt, None)
        code = found.answers.get(doubt.delivery_id)
        if code == NOBODY_THERE:
            continue
        if code is not None:
            answer = Answer(doubt.delivery_id, Phase.DOT, accepted=code // 100 == POSITIVE, code=code)
            settled.note(answer, subject, at=now)
        elif found.same_boot and doubt.delivery_id not in found.begun:
            settled.postpone(subject, until=now, reason="not begun")
    for lane in {doubt.lane for doubt in doubts}:
        record.write(_of_lane(settled, doubts, lane), lane=lane)
        bell.ring(lane)
    calls.drop_settled([doubt.delivery_id for doubt in doubts])


@transaction.atomic
def _bounce(owner: str, delivery_id: int) -> int:
    """Nobody lives there, said the relay, and the sender died over it. By itself: the address is locked first.

    Where other mail's relay is not to be believed by now, nobody is suppressed and the mail is tried again later, as a
    living sender would have it.
    """
    with connection.cursor() as cursor:
        cursor.execute(REFUSED, [delivery_id, owner])
        row = cursor.fetchone()
    if row is None:
        return 1
    lane, subject, now = row[0], Subject(*row[1:]), database_now()
    said = Answer(delivery_id, Phase.RCPT, accepted=False, code=550, enhanced="5.1.1", text="nobody lives there")
    if lane == Lane.MARKETING or guard.doubted() is None:
        record.bounce(said, subject, at=now)
    else:
        later = Record()
        later.put_off(said, subject, at=now)
        record.write(later, lane=lane)
    return 1


def _doubt_beyond_marks(found: Found) -> None:
    """What had begun, or was taken or refused for good, without a mark that says so: the database went back.

    A standby that took over may lack the last moments. A doubt that was decided since is not opened again. What another
    sender has in hand by now is that sender's to tell; but what was taken is known to have left, whoever has it.
    The marks follow: whatever lies beyond a mark has not been handed over, and everybody else may rely on it.
    """
    codes = found.answers
    wanted = [key for key in found.begun | codes.keys() if codes.get(key, 0) // 100 != TRANSIENT]
    if wanted:
        taken = [codes.get(key, 0) // 100 == POSITIVE for key in wanted]
        decided = [SENT_AGAIN, NOT_FOUND]
        with connection.cursor() as cursor:
            cursor.execute(BEHIND, {"ids": wanted})
            behind = cursor.fetchall()
            cursor.execute(BEYOND, {"owner": found.owner, "ids": wanted, "taken": taken, "decided": decided})
            for chunk_id, before, mark, owner, is_leased in behind:
                if is_leased:
                    claim.doubt_chunk(chunk_id, mark=before, owner=owner)
                cursor.execute(CATCH_UP, {"chunk": chunk_id, "before": before, "mark": mark})


def _of_lane(settled: Record, doubts: list[Uncertain], lane: str) -> Record:
    ids = {doubt.delivery_id for doubt in doubts if doubt.lane == lane}
    return Record(
        outcomes=[row for row in settled.outcomes if row[0] in ids],
        laters=[row for row in settled.laters if row[0] in ids],
    )


def _take_over(owner: str) -> datetime:
    """Every lease of this sender ends; what it marked without an outcome becomes uncertain."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, mark FROM newsletter_chunk WHERE lease_owner = %s AND NOT done ORDER BY id FOR NO KEY UPDATE",
            [owner],
        )
        for chunk_id, mark in cursor.fetchall():
            claim.doubt_chunk(chunk_id, mark=mark, owner=owner)
        cursor.execute(
            "UPDATE newsletter_chunk SET lease_owner = '', lease_until = NULL, fence = fence + 1"
            " WHERE lease_owner = %s AND NOT done",
            [owner],
        )
        cursor.execute(
            "UPDATE newsletter_later SET lease_owner = '', lease_until = NULL"
            " WHERE lease_owner = %s AND marked_at IS NULL",
            [owner],
        )
        cursor.execute("UPDATE newsletter_later SET lease_until = 'epoch' WHERE lease_owner = %s", [owner])
        cursor.execute("SELECT DISTINCT lane FROM newsletter_later WHERE lease_owner = %s", [owner])
        for (lane,) in cursor.fetchall():
            claim.doubt_later(lane)
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    return now


def _revisions(delivery_ids: list[int]) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.id, v.current_id FROM newsletter_delivery d JOIN newsletter_variant v"
            " ON v.id = d.variant_id WHERE d.id = ANY(%s)",
            [delivery_ids],
        )
        return dict(cursor.fetchall())


@transaction.atomic
def evidence(delivery_id: int, *, submitted: bool, now: datetime, reason: str) -> bool:
    """The provider told us: an uncertain delivery did leave, or did not; False when nothing was open."""
    doubt = Uncertain.objects.select_for_update().filter(delivery_id=delivery_id).first()
    if doubt is None:
        return False
    _end(doubt, State.SUBMITTED if submitted else State.FAILED, now=now, reason=reason)
    return True


@transaction.atomic
def submitted(delivery_id: int, *, provider_id: str) -> bool:
    """The provider has it under this name; False when nothing was open."""
    doubt = Uncertain.objects.select_for_update().filter(delivery_id=delivery_id).first()
    if doubt is None:
        return False
    settled = Record()
    subject = Subject(delivery_id, _revisions([delivery_id]).get(delivery_id), doubt.attempt, None)
    answer = Answer(delivery_id, Phase.REQUEST, accepted=True, text=provider_id)
    settled.note(answer, subject, at=database_now())
    record.write(settled, lane=doubt.lane)
    return True


@transaction.atomic
def decide(delivery_id: int, *, again: bool, by: User, now: datetime) -> bool:
    """A person's decision on an uncertain delivery: send it again, or treat it as sent."""
    doubt = Uncertain.objects.select_for_update().filter(delivery_id=delivery_id).first()
    if doubt is None:
        return False
    if again:
        anew = Record()
        anew.postpone(Subject(delivery_id, None, doubt.attempt, None), until=now, reason=SENT_AGAIN)
        record.write(anew, lane=doubt.lane)
        calls.drop_settled([delivery_id])
        bell.ring(doubt.lane)
    else:
        _end(doubt, State.CLOSED, now=now, reason="treated as sent by staff")
    act = "delivery.sent_again" if again else "delivery.treated_as_sent"
    audit.record(act, subject=f"delivery:{delivery_id}", by=by)
    return True


@transaction.atomic
def close_old(*, now: datetime) -> int:
    """What nobody settled in a week counts as sent; returns how many."""
    old = Uncertain.objects.select_for_update(skip_locked=True).filter(since__lt=now - TREATED_AS_SENT_AFTER)
    doubts = list(old.order_by("delivery_id")[:CHUNK_SIZE])
    for doubt in doubts:
        _end(doubt, State.CLOSED, now=now, reason="treated as sent after 7 days")
    return len(doubts)


def open_doubts() -> list[tuple[Uncertain, Delivery]]:
    """Uncertain deliveries for the studio, the oldest first."""
    doubts = list(Uncertain.objects.order_by("since", "delivery_id"))
    deliveries = Delivery.objects.in_bulk([doubt.delivery_id for doubt in doubts])
    return [(doubt, deliveries[doubt.delivery_id]) for doubt in doubts]


def _end(doubt: Uncertain, state: State, *, now: datetime, reason: str) -> None:
    revisions = _revisions([doubt.delivery_id])
    ended = Record()
    subject = Subject(doubt.delivery_id, revisions.get(doubt.delivery_id), doubt.attempt, None)
    ended.end(subject, state, at=now, reason=reason)
    record.write(ended, lane=doubt.lane)
