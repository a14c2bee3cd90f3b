"""Send what one lease holds, window by window, and write down what happened.

lock -> gate -> mark (one transaction) -> render -> transport -> record (with the next window's mark)

The mark is committed before any body leaves. If the process dies after it, what has no outcome is uncertain
and is never sent again on a guess. This module opens no transaction around the network.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.db import transaction

from newsletter.deliveries import claim, gate, letters, record
from newsletter.deliveries.claim import Lease
from newsletter.deliveries.gate import Admitted
from newsletter.deliveries.journal import FileJournal
from newsletter.deliveries.models import State
from newsletter.deliveries.record import Record
from newsletter.deliveries.transport.answers import FinishedMail, LaneTransport
from newsletter.deliveries.transport.classify import Verdict
from newsletter.deliveries.watch import Watch


@dataclass(frozen=True, slots=True)
class Sender:
    """One sender process at work: its lane's transport, its journal, and how it is asked to stop."""

    transport: LaneTransport
    journal: FileJournal
    window: int
    should_stop: Callable[[], bool]
    watch: Watch = field(default_factory=Watch)


def send_lease(lease: Lease, *, sender: Sender) -> Record:
    """Leave exactly one outcome, postponement or doubt per delivery of the lease that was marked.

    Returns the last window's record: it tells whether the relay was down.
    """
    pending = Record()
    while True:
        try:
            admitted = gate.admit(lease, pending, window=sender.window)
        except gate.LeaseLost:
            record.salvage(pending, lane=lease.lane, owner=lease.owner)
            admitted = None
        sender.journal.forget()
        if admitted is None:
            return pending
        pending = _hand_over(admitted, sender=sender)
        sender.watch.report(lease.lane)
        if pending.relay_is_down or sender.should_stop():
            _give_back(lease, pending)
            sender.journal.forget()
            return pending


@transaction.atomic
def _give_back(lease: Lease, pending: Record) -> None:
    """Commit what is known and leave the rest of the lease to the next sender."""
    if claim.is_held(lease):
        record.write(pending, lane=lease.lane)
        claim.release(lease, rest=record.RELAY_REST if pending.relay_is_down else None)
    else:
        record.salvage(pending, lane=lease.lane, owner=lease.owner)


def _hand_over(admitted: Admitted, *, sender: Sender) -> Record:
    pending = Record()
    open_rows = {row.id: row for row in admitted.rows}
    mails = _mails(admitted, pending, sender=sender)
    for answer in sender.transport.submit(mails, journal=sender.journal):
        subject = admitted.subject(open_rows.pop(answer.key))
        verdict = pending.note(answer, subject, at=admitted.clock())
        sender.watch.see(answer, verdict)
        if verdict is Verdict.REFUSED_RECIPIENT:
            record.bounce(answer, subject, at=admitted.clock())
    for outcome in pending.outcomes:
        open_rows.pop(outcome[0], None)
    for row in open_rows.values():
        pending.postpone(admitted.subject(row), until=admitted.at, reason="not begun")
    return pending


def _mails(admitted: Admitted, pending: Record, *, sender: Sender) -> Iterator[FinishedMail]:
    """Finished mails, rendered as the transport asks for them.

    Ends early when asked to stop, and when it takes long; one leaves in any case, so that there is always progress.
    """
    for place, row in enumerate(admitted.rows):
        if sender.should_stop() or (place and admitted.is_stale()):
            return
        try:
            yield letters.finished(row, admitted)
        except letters.Unfit as error:
            pending.end(admitted.subject(row), State.FAILED, at=admitted.at, reason=str(error))
