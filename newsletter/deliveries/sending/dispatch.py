"""Send what one lease holds, window by window, and write down what happened.

pace -> lock -> gate -> mark (one transaction) -> render -> transport -> record (with the next window's mark)

The mark is committed before any body leaves. If the process dies after it, what has no outcome is uncertain
and is never sent again on a guess. This module opens no transaction around the network, and none around the
questions to the pace; where a limit is reached it gives the lease back instead of waiting with it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction

from newsletter.deliveries import claim, journal, record
from newsletter.deliveries.admission import gate, letters
from newsletter.deliveries.admission.candidates import Candidate
from newsletter.deliveries.admission.gate import Admitted
from newsletter.deliveries.claim import Lease
from newsletter.deliveries.journal import FileJournal
from newsletter.deliveries.models import Lane, State
from newsletter.deliveries.pacing import pace
from newsletter.deliveries.pacing.pace import Pace
from newsletter.deliveries.record import Record
from newsletter.deliveries.sending.watch import Watch
from newsletter.deliveries.sending.windows import Stride, Windows
from newsletter.deliveries.standing.heartbeats import Pulse
from newsletter.deliveries.transport.answers import FinishedMail, LaneTransport
from newsletter.deliveries.transport.classify import Verdict

NOT_TAKEN = frozenset({Verdict.RETRY, Verdict.RELAY_DOWN})


@dataclass(frozen=True, slots=True)
class Sender:
    """One sender process at work: its lane's transport, its journal, and how it is asked to stop."""

    transport: LaneTransport
    journal: FileJournal
    stride: Stride
    should_stop: Callable[[], bool]
    watch: Watch = field(default_factory=Watch)
    pulse: Pulse = field(default_factory=Pulse)
    pace: Pace = field(default_factory=lambda: pace.of(Lane.MARKETING))


def send_lease(lease: Lease, *, sender: Sender) -> Record:
    """Leave exactly one outcome, postponement or doubt per delivery of the lease that was marked.

    Returns the last window's record: it tells whether the relay was down.
    """
    last = Record()
    began_at = time.monotonic()
    windows = Windows(lease, stride=sender.stride, pace=sender.pace, transport=sender.transport)
    with suppress(gate.LeaseLost):
        while (admitted := windows.next()) is not None:
            last = _hand_over(admitted, lease=lease, sender=sender, windows=windows)
            windows.unwritten.extend(last)
            sender.pulse.beat(lease.lane)
            is_unwanted = sender.watch.report(lease.lane)
            if (
                last.relay_is_down
                or sender.watch.is_silent
                or is_unwanted
                or windows.is_held
                or sender.should_stop()
                or sender.pace.is_turn_over(began_at)
            ):
                windows.stop()
                break
    sender.watch.report(lease.lane, is_last=True)
    if not windows.is_over:
        _give_back(lease, windows.unwritten)
    sender.journal.forget()
    sender.pace.used([])
    return last


@transaction.atomic
def _give_back(lease: Lease, pending: Record) -> None:
    """Commit what is known and leave the rest of the lease to the next sender."""
    if claim.is_held(lease):
        record.write(pending, lane=lease.lane)
    else:
        record.salvage(pending, lane=lease.lane, owner=lease.owner)
    claim.release(lease, rest=record.RELAY_REST if pending.relay_is_down else None)


def _hand_over(admitted: Admitted, *, lease: Lease, sender: Sender, windows: Windows) -> Record:
    pending = Record()
    _keep_to_domains(admitted, pending, sender=sender, are_back=lease.is_later)
    open_rows = {row.id: row for row in admitted.rows}
    mails = _mails(admitted, pending, sender=sender, windows=windows)
    begun: list[str] = []
    half = len(open_rows) // 2
    look = partial(_look_about, sender, windows, lease.lane)
    for answer in sender.transport.submit(mails, journal=sender.journal, look=look):
        row = open_rows.pop(answer.key)
        if len(open_rows) == half:
            windows.look_ahead()
        look()
        subject = admitted.subject(row)
        verdict = pending.note(answer, subject, at=admitted.clock())
        sender.watch.see(answer, verdict)
        if verdict is Verdict.REFUSED_RECIPIENT and not sender.watch.believes(answer, lease.lane):
            verdict = pending.put_off(answer, subject, at=admitted.clock())
        if verdict is not Verdict.RELAY_DOWN:
            begun.append(row.address)
        if verdict is Verdict.REFUSED_RECIPIENT:
            record.bounce(answer, subject, at=admitted.clock())
        elif verdict is not Verdict.SUBMITTED and verdict in NOT_TAKEN:
            sender.journal.answered(answer.key, journal.NOT_TAKEN)
    sender.watch.end_window()
    until = admitted.clock() + record.RELAY_REST if sender.watch.is_silent else admitted.at
    _put_back(open_rows, pending, admitted=admitted, until=until)
    sender.pace.used(begun)
    windows.left(len(begun))
    return pending


def _put_back(open_rows: dict[int, Candidate], pending: Record, *, admitted: Admitted, until: datetime) -> None:
    """What has no answer and no outcome was not begun."""
    for outcome in pending.outcomes:
        open_rows.pop(outcome[0], None)
    for row in open_rows.values():
        pending.postpone(admitted.subject(row), until=until, reason="not begun")


def _look_about(sender: Sender, windows: Windows, lane: str) -> None:
    """After every answer, and while none comes: that we are here, and whether what has not begun still may."""
    sender.pulse.beat(lane)
    windows.look_about()
    if sender.should_stop():
        windows.halt()


def _keep_to_domains(admitted: Admitted, pending: Record, *, sender: Sender, are_back: bool) -> None:
    """Take out those whose mailbox provider may get no more now; each has its own moment, and then the gate again."""
    postponed = list(sender.pace.too_many([row.address for row in admitted.rows], are_back=are_back))
    for one in postponed:
        subject = admitted.subject(admitted.rows[one.place])
        pending.postpone(subject, until=admitted.at + timedelta(seconds=one.seconds), reason=one.reason)
    if postponed:
        away = {one.place for one in postponed}
        admitted.rows = [row for place, row in enumerate(admitted.rows) if place not in away]


def _mails(admitted: Admitted, pending: Record, *, sender: Sender, windows: Windows) -> Iterator[FinishedMail]:
    """Finished mails, rendered as the transport asks for them.

    Ends early when asked to stop, when a hold is set, and when it takes long. Asks the database nothing: it may be
    busy with the gate.
    """
    for row in admitted.rows:
        if sender.should_stop() or windows.is_held or admitted.is_stale():
            return
        try:
            yield letters.finished(row, admitted)
        except letters.Unfit as error:
            pending.end(admitted.subject(row), State.FAILED, at=admitted.at, reason=str(error))
