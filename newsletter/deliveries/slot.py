"""A sender slot: one process at work on one lane until there is nothing due, its time is up, or it is asked to stop.

Before every lease it asks the breaker by which mailer mail may leave: the lane's own, else the one that the lane
falls back on, else none, and then nothing is claimed. Which mailer carries a lease changes nothing about what may
leave: a delivery in doubt is not offered again, whoever would carry it.
"""

import time
from collections.abc import Callable
from contextlib import closing

from django.db import connection

from clinic.clock import database_now
from newsletter.deliveries import breaker, claim, dispatch, gate, heartbeats, lanes, reconcile
from newsletter.deliveries.breaker import Choice
from newsletter.deliveries.dispatch import Sender
from newsletter.deliveries.journal import FileJournal
from newsletter.deliveries.watch import Watch
from newsletter.deliveries.wires import Wires

PROBE_WINDOW = 1


class Slot:
    def __init__(self, lane: str, journal: FileJournal, wires: Wires, should_stop: Callable[[], bool]) -> None:
        self._lane = lane
        self._options = lanes.options(lane)
        self._journal = journal
        self._wires = wires
        self.should_stop = should_stop

    def one_lease(self) -> bool:
        """Work on one lease; whether it is worth looking for another one."""
        if gate.is_shut(self._lane):
            return False
        choice = breaker.choose(self._options.mailer, self._options.fail_over)
        if choice is None:
            return False
        sender = self._sender(choice)
        lease = claim.next_lease(self._lane, owner=self._journal.owner, window=sender.window)
        if lease is None:
            if choice.is_probe:
                breaker.let_go(choice.alias)
            return False
        heartbeats.beat(heartbeats.sender(self._lane), now=database_now())
        record = dispatch.send_lease(lease, sender=sender)
        is_there = tell(choice, sender.watch)
        return not (record.relay_is_down and is_there)

    def _sender(self, choice: Choice) -> Sender:
        """Who hands one lease over. A probe ends with its first answer; the rest of its lease is given back."""
        watch, stop = Watch(), self.should_stop
        return Sender(
            transport=self._wires.by(choice.alias),
            journal=self._journal,
            window=PROBE_WINDOW if choice.is_probe else self._options.window,
            should_stop=(lambda: stop() or watch.heard > 0) if choice.is_probe else stop,
            watch=watch,
        )


def run(lane: str, *, seconds: float, should_stop: Callable[[], bool]) -> int:
    """Work for at most `seconds`; returns how many leases were worked on."""
    ends = time.monotonic() + seconds
    _limit_idling()
    reconcile.bury_the_dead()
    heartbeats.beat(heartbeats.sender(lane), now=database_now())
    worked = 0
    with FileJournal() as journal, closing(Wires()) as wires:
        slot = Slot(lane, journal, wires, lambda: should_stop() or time.monotonic() > ends)
        while not slot.should_stop() and slot.one_lease():
            worked += 1
    return worked


def tell(choice: Choice, watch: Watch) -> bool:
    """Tell the breaker what one lease was answered; False if the relay answered nothing."""
    if watch.decided and not watch.retry_after:
        breaker.succeeded(choice.alias)
    elif watch.heard:
        breaker.failed(choice.alias, why=watch.silence, retry_after=watch.retry_after)
    elif choice.is_probe:
        breaker.let_go(choice.alias)
    return bool(watch.decided) or not watch.heard


def _limit_idling() -> None:
    """A sender frozen inside the gate loses its transaction, so that nobody waits for it for long."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('idle_in_transaction_session_timeout', %s, false)",
            [gate.IDLE_TIMEOUT],
        )
