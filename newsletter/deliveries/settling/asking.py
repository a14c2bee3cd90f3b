"""Doubts about calls to providers, settled with the provider's help.

Repeating a call: where the provider knows requests by their key, the same request with the same key gives its first
answer again, or is carried out if it never arrived. It is repeated only while the key is known, only while nothing
has been settled of it, only if everybody in it passes the gate, and only if it comes out the same to the last byte.

Searching: where the provider shows what it sent, what is found was submitted. What is not found, twice, half an
hour apart and not too early, by the address to which it was written, did not leave, and is offered to the gate again.

Who was offered to the gate again is cut out of the call (`record.POSTPONE`): by whatever way it leaves then, the
call proves nothing of it any more.

Nothing here decides on a guess: what remains stays uncertain. The tick, which does not reach the outside, only looks
whether there is something to ask (`remind`); a worker that sends, or `manage.py send`, asks (`settle`).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from newsletter.deliveries import bell, breaker, record
from newsletter.deliveries.admission import blocks, judge, letters, slots
from newsletter.deliveries.admission import candidates as window_rows
from newsletter.deliveries.admission.gate import Admitted
from newsletter.deliveries.admission.slots import Slotted
from newsletter.deliveries.models import Uncertain
from newsletter.deliveries.record import Record, Subject
from newsletter.deliveries.settling import calls, reconcile
from newsletter.deliveries.settling.calls import Call, Search
from newsletter.deliveries.standing import holds
from newsletter.deliveries.transport import lookup
from newsletter.deliveries.transport.answers import FinishedMail, seconds
from newsletter.deliveries.transport.clerk import moment
from newsletter.deliveries.transport.lookup import Finding, Question
from newsletter.deliveries.transport.provider import ProviderTransport, open_lane

SETTLED_BY_THEN = timedelta(minutes=15)
"""A provider's records lag behind what it takes."""

AGAIN_AFTER = timedelta(minutes=30)
ENOUGH_MISSES = 2
FIRST_WAIT = timedelta(minutes=2)
MOST_AT_ONCE = 20
PATIENCE = 10.0  # seconds that one ring, or one round, may spend here

REPEATABLE = """
    FROM newsletter_call c
    WHERE replay_until > clock_timestamp() AND (lease_until IS NULL OR lease_until < clock_timestamp())
      AND NOT EXISTS (SELECT 1 FROM unnest(c.deliveries) one WHERE NOT EXISTS
                      (SELECT 1 FROM newsletter_uncertain q WHERE q.delivery_id = one))
      AND NOT EXISTS (SELECT 1 FROM newsletter_call l WHERE l.id > c.id AND l.deliveries && c.deliveries)
"""


@dataclass(frozen=True, slots=True)
class Searched:
    """One delivery in doubt, and the call that may have carried it."""

    delivery_id: int
    mailer: str
    relay: str
    at: datetime
    address: int


class Paused(Exception):
    """Somebody in a call may not be mailed at this moment, and may be again."""


def remind(now: datetime) -> None:
    """The tick's part: drop the calls in which everything is settled, and ring if there is something to ask."""
    calls.prune()
    if Call.objects.exists() and (_can_repeat() or _due_searches(now)):
        bell.ring(bell.DOUBTS)


def go_on() -> bool:
    """Nobody asks whoever asks to stop."""
    return False


def settle(now: datetime, *, should_stop: Callable[[], bool] = go_on) -> None:
    """Ask what can be asked now; harmless twice, and bounded in time."""
    ends = time.monotonic() + PATIENCE
    if not Call.objects.exists():
        return
    while time.monotonic() < ends and not should_stop() and repeat_one():
        pass
    for searched in _due_searches(now):
        if time.monotonic() > ends or should_stop():
            return
        _search(searched, now)


def _can_repeat() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT 1 {REPEATABLE})")
        (found,) = cursor.fetchone()
    return bool(found)


def repeat_one() -> bool:
    """Repeat one call that is wholly in doubt, if there is one."""
    call = _leased()
    if call is None:
        return False
    lane = Uncertain.objects.filter(delivery_id=call.deliveries[0]).values_list("lane", flat=True).first() or ""
    if call.relay != _relay(call.mailer):
        Call.objects.filter(pk=call.pk).update(replay_until=None)
    elif not holds.is_shut(lane):
        _repeat(call, lane)
    return True


def _relay(alias: str) -> str:
    """The account behind this mailer today; empty if there is no such mailer any more."""
    return breaker.relay_of(alias) if alias in settings.MAILERS else ""


@transaction.atomic
def _leased() -> Call | None:
    """A call to repeat, not to be looked at again before some time has passed, whatever happens now.

    The last call of its deliveries, all of them in doubt: what has been told of one in it settles nothing for
    the others. Who was offered to the gate again since, by whatever way, is cut out of it, and it is not repeated
    (`record.POSTPONE`).
    """
    due = Call.objects.raw(f"SELECT c.* {REPEATABLE} ORDER BY id LIMIT 1 FOR NO KEY UPDATE OF c SKIP LOCKED")
    for call in due:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE newsletter_call SET tries = tries + 1, lease_until = clock_timestamp() + %s WHERE id = %s",
                [FIRST_WAIT * 2 ** min(call.tries, 6), call.pk],
            )
        return call
    return None


def _repeat(call: Call, lane: str) -> None:
    drawn_at = moment()
    try:
        mails = _again(call.deliveries, lane)
    except Paused:
        return
    transport = open_lane(call.mailer) if mails else None
    if transport is None or not isinstance(transport, ProviderTransport):
        Call.objects.filter(pk=call.pk).update(replay_until=None)
        return
    try:
        answers = transport.replay(mails, key=call.key, drawn_at=drawn_at)
    finally:
        transport.close()
    if not answers:
        Call.objects.filter(pk=call.pk).update(replay_until=None)
    for answer in answers:
        if answer.accepted:
            reconcile.submitted(answer.key, provider_id=answer.text)


def _again(ids: list[int], lane: str) -> list[FinishedMail]:
    """The mails of a call as they would leave now; none if anybody in it may not be mailed any more.

    Raises Paused if only for now somebody may not.
    The doubts are set aside only to let the gate see these deliveries, and are there again when it has.
    """
    with transaction.atomic():
        window_rows.lock_addresses(ids)
        with transaction.atomic():
            Uncertain.objects.filter(delivery_id__in=ids).delete()
            admitted = _admitted(ids, lane)
            transaction.set_rollback(True)
    if admitted is None:
        return []
    try:
        rows = {row.id: row for row in admitted.rows}
        return [letters.finished(rows[one], admitted) for one in ids]
    except letters.Unfit:
        return []


def _admitted(ids: list[int], lane: str) -> Admitted | None:
    now, rows = window_rows.read(ids)
    admitted = Admitted(at=now, started=seconds(), rows=rows)
    ruling = Record()
    for row in rows:
        judge.refuse(row, admitted.subject(row), ruling, lane=lane, now=now)
    if ruling.outcomes or len(rows) != len(ids):
        return None
    if ruling.laters:
        raise Paused
    for kind in {row.kind for row in rows}:
        asked = [Slotted(row.id, row.owner, row.item, row.lead_id, row.staff_id) for row in rows if row.kind == kind]
        admitted.filled.update(slots.fill(kind, asked, now))
    admitted.shown = blocks.of(rows, now)
    return admitted


def _due_searches(now: datetime) -> list[Searched]:
    """Doubts whose last call went to an account that can be asked, and that were not asked about of late."""
    aliases = [alias for alias in settings.MAILERS if lookup.can_answer(alias)]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT q.delivery_id, c.mailer, c.relay, c.at, c.addresses[array_position(c.deliveries, q.delivery_id)]
            FROM newsletter_uncertain q
            JOIN LATERAL (SELECT * FROM newsletter_call c WHERE q.delivery_id = ANY(c.deliveries)
                          ORDER BY c.id DESC LIMIT 1) c ON true
            LEFT JOIN newsletter_search s ON s.delivery_id = q.delivery_id
            WHERE c.mailer = ANY(%(aliases)s) AND greatest(q.since, c.at) < %(settled)s
              AND (s.last_at IS NULL OR s.last_at < %(again)s)
            ORDER BY coalesce(s.last_at, q.since), q.delivery_id LIMIT %(most)s
            """,
            {"aliases": aliases, "settled": now - SETTLED_BY_THEN, "again": now - AGAIN_AFTER, "most": MOST_AT_ONCE},
        )
        return [Searched(*row) for row in cursor.fetchall()]


def _search(searched: Searched, now: datetime) -> None:
    """Ask about one; whoever asks first notes it, so that nobody else does at the same time."""
    if not _noted(searched.delivery_id, now) or searched.relay != _relay(searched.mailer):
        return
    address = _address(searched.delivery_id)
    if not address or calls.mark(address) != searched.address:
        return
    question = Question(searched.delivery_id, address, searched.at)
    finding, provider_id = lookup.ask(searched.mailer, question)
    if finding is Finding.TAKEN:
        reconcile.submitted(searched.delivery_id, provider_id=provider_id)
    elif finding is Finding.NOT_TAKEN:
        _missed(searched.delivery_id, now)


def _noted(delivery_id: int, now: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO newsletter_search AS s (delivery_id, last_at, misses) VALUES (%s, %s, 0)"
            " ON CONFLICT (delivery_id) DO UPDATE SET last_at = EXCLUDED.last_at WHERE s.last_at < %s",
            [delivery_id, now, now - AGAIN_AFTER],
        )
        return cursor.rowcount == 1


def _address(delivery_id: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(l.email, u.email, '') FROM newsletter_delivery d"
            " LEFT JOIN leads_lead l ON l.id = d.lead_id LEFT JOIN accounts_user u ON u.id = d.staff_id"
            " WHERE d.id = %s",
            [delivery_id],
        )
        row = cursor.fetchone()
    return row[0] if row else ""


@transaction.atomic
def _missed(delivery_id: int, now: datetime) -> None:
    """Not in the records: once may be their delay; twice, it is not there, and is offered to the gate again."""
    doubt = Uncertain.objects.select_for_update().filter(delivery_id=delivery_id).first()
    search = Search.objects.select_for_update().filter(delivery_id=delivery_id).first()
    if doubt is None or search is None:
        return
    search.misses += 1
    search.save(update_fields=["misses"])
    if search.misses >= ENOUGH_MISSES:
        search.delete()
        anew = Record()
        subject = Subject(delivery_id, None, doubt.attempt, None)
        anew.postpone(subject, until=now, reason=reconcile.NOT_FOUND)
        record.write(anew, lane=doubt.lane)
        bell.ring(doubt.lane)
