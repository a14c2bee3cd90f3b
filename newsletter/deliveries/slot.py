"""A sender slot: one process at work on one lane until there is nothing due, its time is up, or it is asked to stop."""

import time
from collections.abc import Callable

from django.conf import settings
from django.db import connection

from clinic.clock import database_now
from newsletter.deliveries import claim, dispatch, gate, heartbeats, reconcile
from newsletter.deliveries.dispatch import Sender
from newsletter.deliveries.journal import FileJournal
from newsletter.deliveries.transport.provider import open_lane


def run(lane: str, *, seconds: float, should_stop: Callable[[], bool]) -> int:
    """Work for at most `seconds`; returns how many leases were worked on."""
    ends = time.monotonic() + seconds
    _limit_idling()
    reconcile.bury_the_dead()
    heartbeats.beat(heartbeats.sender(lane), now=database_now())
    worked = 0
    with FileJournal() as journal:
        transport = open_lane(lane)
        sender = Sender(
            transport=transport,
            journal=journal,
            window=settings.SENDER_WINDOW,
            should_stop=lambda: should_stop() or time.monotonic() > ends,
        )
        try:
            while not sender.should_stop() and _one_lease(lane, sender):
                worked += 1
        finally:
            transport.close()
    return worked


def _one_lease(lane: str, sender: Sender) -> bool:
    """Whether it is worth looking for another one."""
    if gate.is_shut(lane):
        return False
    lease = claim.next_lease(lane, owner=sender.journal.owner, window=sender.window)
    if lease is None:
        return False
    heartbeats.beat(heartbeats.sender(lane), now=database_now())
    return not dispatch.send_lease(lease, sender=sender).relay_is_down


def _limit_idling() -> None:
    """A sender frozen inside the gate loses its transaction, so that nobody waits for it for long."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('idle_in_transaction_session_timeout', %s, false)",
            [gate.IDLE_TIMEOUT],
        )
