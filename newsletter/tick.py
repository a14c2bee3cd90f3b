"""The heartbeat that everything timed hangs on. Two at once, or one five times over, do no harm."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from newsletter.deliveries import bell, gate, heartbeats, reconcile
from newsletter.deliveries import queries as deliveries
from newsletter.deliveries.models import Lane

EVER = datetime.min.replace(tzinfo=UTC)
SILENCE = timedelta(seconds=30)
"""A sender with nothing to do is rung all the same, so that its heartbeat tells whether it lives."""

Work = Callable[[datetime], object]
_work: list[Work] = []


def register(work: Work) -> None:
    """Have `work(now)` done at every tick; called from an app's ready()."""
    if work not in _work:
        _work.append(work)


def due_work() -> tuple[Work, ...]:
    """What a tick does, in order, before it rings."""
    return tuple(_work)


def tick(*, now: datetime) -> None:
    """Do what is due, settle what senders left behind, and ring for what waits."""
    for work in _work:
        work(now)
    reconcile.bury_the_dead()
    reconcile.close_old(now=now)
    heartbeats.beat("tick", now=now)
    seen = heartbeats.last_seen()
    for lane in Lane:
        is_silent = now - seen.get(heartbeats.sender(lane), EVER) > SILENCE
        if is_silent or (deliveries.is_due(lane) and not gate.is_shut(lane)):
            bell.ring(lane)
