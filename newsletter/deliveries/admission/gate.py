"""The gate: the last look before a mail may leave, and the mark that says it may have.

One transaction a window, READ COMMITTED. Statement 1 locks the recipients' addresses, shared, in order; every
opt-out, bounce, erasure and exit takes the same lock, exclusively. Statement 2, and only a later statement
than the lock, reads consent, suppression, hold, pause and expiry: a statement that did both would
still see the consent of before it waited. Then the mark, the previous window's record and the refusals of
this one are written. Bodies leave after the commit.

Lock order: addresses, then the chunk, then what is written of its rows. Whoever cancels keeps to it.
A chunk's fence is asked for when its mark moves; later rows, which have no mark in common, are locked before they are
read, and whatever another sender has claimed meanwhile is none of this one's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import LiteralString

from django.db import connection, transaction

from newsletter.deliveries import claim, prepared, record
from newsletter.deliveries.admission import blocks, delays, judge, slots
from newsletter.deliveries.admission import candidates as window_rows
from newsletter.deliveries.admission.blocks import Holds, Untold
from newsletter.deliveries.admission.candidates import Candidate
from newsletter.deliveries.claim import LEASE, Lease
from newsletter.deliveries.models import CHUNK_SIZE, BatchState
from newsletter.deliveries.record import Record, Subject
from newsletter.deliveries.standing import holds
from newsletter.deliveries.transport.answers import seconds
from newsletter.rendering.letter import Letter

IDLE_TIMEOUT = "1s"
"""A sender that freezes inside the gate must not keep the unsubscribe page waiting."""

FRESH = 5.0
"""Seconds within which a mail that was let through is taken up; who is not begun by then is looked at again."""

BEGUN = 30.0
"""Seconds within which its body begins, however slowly the relay says yes to its envelope."""

MINE = "WHERE id = %(chunk)s AND fence = %(fence)s AND NOT done"
MOVE = (
    f"UPDATE newsletter_chunk SET mark = %(mark)s, lease_until = clock_timestamp() + interval '{LEASE}'"  # noqa: S608
    f" {MINE} AND size >= %(mark)s"
)
DONE = f"UPDATE newsletter_chunk SET done = true, lease_until = NULL, lease_owner = '' {MINE} AND size >= %(mark)s"  # noqa: S608
HELD = f"SELECT 1 FROM newsletter_chunk {MINE}"  # noqa: S608


class LeaseLost(Exception):
    """Somebody else works on this now; nothing of this window may leave."""


class Cut(Exception):
    """The chunk was shortened between reading and marking; look again."""


@dataclass(slots=True)
class Admitted:
    """What may leave now, the slots of each, and when the gate looked (the database's clock).

    `let_go` is when that was committed: until then the addresses are locked, and no opt-out overtakes the look.
    `shown` says for mails with blocks that only some see which of these conditions hold, or why nobody can tell.
    """

    at: datetime
    started: float
    rows: list[Candidate] = field(default_factory=list)
    filled: dict[int, slots.Filled] = field(default_factory=dict)
    shown: dict[int, Holds | Untold] = field(default_factory=dict)
    letters: dict[int | None, Letter | Exception] = field(default_factory=dict)
    attempts: dict[int, int] = field(default_factory=dict)
    let_go: float = field(init=False)

    def __post_init__(self) -> None:
        self.let_go = self.started

    def clock(self) -> datetime:
        """The database's clock now, as far as this process can tell without asking."""
        return self.at + timedelta(seconds=seconds() - self.started)

    def is_stale(self) -> bool:
        """Whether so much time has passed that the gate had better look again."""
        return seconds() - self.let_go > FRESH

    def subject(self, row: Candidate) -> Subject:
        attempt = self.attempts.get(row.id, 0)
        return Subject(row.id, row.revision_id, attempt, row.address_hash, row.expires_at)


def admit(lease: Lease, pending: Record, *, window: int) -> Admitted | None:
    """Commit what is pending and the mark of the next window; None when this lease is at its end, and given back.

    Raises LeaseLost, with nothing committed, when the fence says that somebody else has the lease.
    """
    while True:
        try:
            with transaction.atomic():
                admitted = _admit(lease, pending, window)
                if admitted is None:
                    _close(lease)
            return _let_go(admitted)
        except Cut:
            lease.size = lease.mark


def admit_ahead(lease: Lease, pending: Record, *, window: int) -> Admitted | None:
    """The same while an earlier window is still under way: None leaves the lease as it is.

    Raises Cut too, with nothing committed: whoever is asked next, with nothing under way, sees the chunk's new end.
    """
    with transaction.atomic():
        admitted = _admit(lease, pending, window)
    return _let_go(admitted)


def _let_go(admitted: Admitted | None) -> Admitted | None:
    """However long a database takes to commit, what it has committed may begin: else nothing ever would."""
    if admitted is not None:
        admitted.let_go = seconds()
    return admitted


def _admit(lease: Lease, pending: Record, window: int) -> Admitted | None:
    """Write what is pending in any case; None when nothing of the lease is left, or may leave."""
    ids, reach = _window(lease, window)
    if not ids:
        _write_if_held(lease, pending)
        return None
    now, candidates = _read(lease, ids)
    if _is_stopped(lease, candidates):
        _write_if_held(lease, pending)
        return None
    admitted = Admitted(at=now, started=seconds(), attempts=lease.attempts)
    verdicts = Record()
    for row in candidates:
        if not judge.refuse(row, admitted.subject(row), verdicts, lane=lease.lane, now=now):
            admitted.rows.append(row)
    admitted.rows = delays.let_through(admitted.rows, verdicts, admitted.subject, now=now)
    if lease.is_later:
        claim.drop_settled(lease, still_open={row.id for row in candidates})
    if admitted.rows or not lease.is_later:
        _mark(lease, admitted, reach)
    _write(lease, pending)
    record.write(verdicts, lane=lease.lane)
    if lease.is_later and not admitted.rows:
        return None
    _fill_in(admitted)
    return admitted


def _read(lease: Lease, ids: Sequence[int]) -> tuple[datetime, list[Candidate]]:
    window_rows.lock_addresses(ids)
    return window_rows.read(sorted(claim.hold_later(lease)) if lease.is_later else ids)


def _write(lease: Lease, pending: Record) -> None:
    """A chunk's fence is checked when the mark moves; a later row says itself whose it is."""
    if lease.is_later:
        record.salvage(pending, lane=lease.lane, owner=lease.owner)
    else:
        record.write(pending, lane=lease.lane)


def _write_if_held(lease: Lease, pending: Record) -> None:
    """Where no mark moves, the fence is asked for: what another sender has taken over is not to be offered again."""
    if lease.is_later or claim.is_held(lease):
        _write(lease, pending)
    else:
        record.salvage(pending, lane=lease.lane, owner=lease.owner)


def _window(lease: Lease, window: int) -> tuple[Sequence[int], int]:
    """The ids in question, and the mark that stands for them."""
    if lease.chunk_id is None:
        return list(lease.attempts), 0
    first = lease.chunk_id * CHUNK_SIZE
    reach = min(lease.mark + window, lease.size)
    return range(first + lease.mark, first + reach), reach


def _is_stopped(lease: Lease, candidates: list[Candidate]) -> bool:
    """Held, locked or paused as a whole; a paused row among later ones is put back on its own."""
    if lease.chunk_id is not None and any(row.batch_state == BatchState.PAUSED for row in candidates):
        return True
    return holds.stops_senders(lease.lane)


def _mark(lease: Lease, admitted: Admitted, reach: int) -> None:
    if lease.is_later:
        _mark_later(lease, admitted)
    else:
        _move_mark(lease, reach, MOVE)
        lease.mark = reach


def _close(lease: Lease) -> None:
    """Give the lease back; a chunk that has been handed over to its end is done."""
    if lease.is_later or lease.mark < lease.size:
        claim.release(lease)
    else:
        _move_mark(lease, lease.mark, DONE)


def _move_mark(lease: Lease, mark: int, change: LiteralString) -> None:
    where = {"mark": mark, "chunk": lease.chunk_id, "fence": lease.fence}
    if prepared.execute(change, where):
        return
    raise Cut if prepared.rows(HELD, where) else LeaseLost


def _mark_later(lease: Lease, admitted: Admitted) -> None:
    ids = [row.id for row in admitted.rows]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE newsletter_later SET marked_at = clock_timestamp(),"
            " lease_until = clock_timestamp() + %s::interval"
            " WHERE delivery_id = ANY(%s) AND lease_owner = %s AND marked_at IS NULL",
            [LEASE, ids, lease.owner],
        )
        if cursor.rowcount != len(ids):
            raise LeaseLost
    lease.attempts = {}


def _fill_in(admitted: Admitted) -> None:
    """What only the owners of deliveries know, and which blocks are for whom."""
    admitted.filled = _fill(admitted.rows, admitted.at)
    admitted.shown = blocks.of(admitted.rows, admitted.at)
    if admitted.shown:  # who is shown the same leaves together: only such can share a provider's request
        admitted.rows.sort(key=lambda row: blocks.place(admitted.shown.get(row.id)))


def _fill(rows: list[Candidate], now: datetime) -> dict[int, slots.Filled]:
    filled: dict[int, slots.Filled] = {}
    for kind in {row.kind for row in rows}:
        asked = [
            slots.Slotted(row.id, row.owner, row.item, row.lead_id, row.staff_id)
            for row in rows
            if row.kind == kind and slots.are_wanted(kind, row.revision_id)
        ]
        filled.update(slots.fill(kind, asked, now))
    return filled


def limit_idling() -> None:
    """A sender frozen inside the gate loses its transaction, so that nobody waits for it for long."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('idle_in_transaction_session_timeout', %s, false)",
            [IDLE_TIMEOUT],
        )
