"""A sender slot: one process at work on one lane until there is nothing due, its time is up, or it is asked to stop.

Before every lease it asks the breaker by which mailer mail may leave: the lane's own, else the one that the lane
falls back on, else none, and then nothing is claimed. Which mailer carries a lease changes nothing about what may
leave: a delivery in doubt is not offered again, whoever would carry it.
"""

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass

from django.db import Error, connection

from newsletter.deliveries import breaker, claim
from newsletter.deliveries.admission import gate
from newsletter.deliveries.breaker import Choice
from newsletter.deliveries.journal import FileJournal
from newsletter.deliveries.models import Lane
from newsletter.deliveries.pacing import pace
from newsletter.deliveries.pacing.pace import Pace
from newsletter.deliveries.sending import dispatch
from newsletter.deliveries.sending.dispatch import Sender
from newsletter.deliveries.sending.watch import Watch
from newsletter.deliveries.sending.windows import Stride
from newsletter.deliveries.sending.wires import Wires
from newsletter.deliveries.settling import reconcile
from newsletter.deliveries.standing import attendance, heartbeats, holds

PROBE_WINDOW = 1
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Hands:
    """What a slot works with for as long as it lasts."""

    journal: FileJournal
    wires: Wires


class Slot:
    def __init__(self, pace: Pace, hands: Hands, should_stop: Callable[[], bool]) -> None:
        self._lane = pace.lane
        self._pace = pace
        self._options = pace.options
        self._hands = hands
        self._stride = Stride(pace.options.window)
        self.should_stop = should_stop

    def one_lease(self) -> bool:
        """Work on one lease; whether it is worth looking for another one."""
        if holds.stops_senders(self._lane):
            return self._rest(heartbeats.HELD)
        if not self._pace.wait(self.should_stop):
            return self._rest(heartbeats.LIMITED)
        choice = breaker.choose(self._options.mailer, self._options.fail_over, lane=self._lane)
        if choice is None:
            return self._rest(heartbeats.CUT_OFF)
        sender = self._sender(choice)
        window = min(sender.stride.length, self._pace.window)
        lease = claim.next_lease(self._lane, owner=self._hands.journal.owner, window=window)
        if lease is None:
            if choice.is_probe:
                breaker.let_go(choice.alias, lane=self._lane)
            return self._pace.linger(self.should_stop) or self._rest(heartbeats.IDLE)
        heartbeats.say(self._lane, heartbeats.WORKING)
        record = dispatch.send_lease(lease, sender=sender)
        is_there = tell(choice, sender.watch, self._lane)
        return not (record.relay_is_down and is_there)

    def _rest(self, why: str) -> bool:
        """Have it seen why no further lease is taken."""
        heartbeats.say(self._lane, why)
        return False

    def _sender(self, choice: Choice) -> Sender:
        """Who hands one lease over. A probe ends with its first answer; the rest of its lease is given back."""
        watch, stop = Watch(), self.should_stop
        return Sender(
            transport=self._hands.wires.by(choice.alias),
            journal=self._hands.journal,
            stride=Stride(PROBE_WINDOW) if choice.is_probe else self._stride,
            should_stop=(lambda: stop() or watch.heard > 0) if choice.is_probe else stop,
            watch=watch,
            pace=self._pace,
        )


def run(lane: str, *, seconds: float, should_stop: Callable[[], bool]) -> int:
    """Work for at most `seconds`, not counting what it takes to begin; returns how many leases were worked on."""
    if lane == Lane.MARKETING:
        give_way()
    with heartbeats.told(lane):
        attendance.check_in(lane)
        settle_what_was_left()
        return _work(lane, seconds, should_stop)


def settle_what_was_left() -> None:
    """What cannot be settled of killed senders keeps no mail from leaving: tick and doctor tell of it."""
    try:
        reconcile.bury_the_dead()
    except ExceptionGroup:
        log.exception("What killed senders left behind cannot all be settled")


def _work(lane: str, seconds: float, should_stop: Callable[[], bool]) -> int:
    worked = 0
    with hurried(), FileJournal() as journal, closing(Wires()) as wires, pace.of(lane) as limits:
        ends = time.monotonic() + seconds
        slot = Slot(limits, Hands(journal, wires), lambda: should_stop() or time.monotonic() > ends)
        while not slot.should_stop() and slot.one_lease():
            worked += 1
    return worked


@contextmanager
def hurried() -> Iterator[None]:
    """Inside, this session's transactions must not idle; whoever uses it next may take their time again."""
    gate.limit_idling()
    try:
        yield
    finally:
        with suppress(Error), connection.cursor() as cursor:  # a session that is gone has no patience to give back
            cursor.execute("RESET idle_in_transaction_session_timeout")


def give_way() -> None:
    """Bulk mail waits for its turn: this thread snatches no processor from web pages, PostgreSQL or a relay beside it.

    With fewer interruptions all of them get further; where several senders share two cores, by a fifth.
    """
    with suppress(AttributeError, OSError):  # other systems have no such policy, a container may refuse it
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def tell(choice: Choice, watch: Watch, lane: str) -> bool:
    """Tell the breaker what one lease was answered; False if the relay answered nothing.

    Silence is for all lanes to know. Who is told to slow down knows that somebody is there, and waits alone.
    """
    alias = choice.alias
    if (watch.decided or watch.is_slowed) and (watch.retry_after or not watch.decided):
        breaker.succeeded(alias)
        breaker.failed(alias, why=watch.silence, retry_after=watch.retry_after, lane=lane)
    elif watch.decided:
        breaker.succeeded(alias, lane=lane)
    elif watch.heard:
        breaker.failed(alias, why=watch.silence, retry_after=watch.retry_after)
    if choice.is_probe:
        breaker.let_go(alias, lane=lane)
    return bool(watch.decided) or not watch.heard
