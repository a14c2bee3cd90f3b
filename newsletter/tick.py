"""The heartbeat that everything timed hangs on. Two at once, or one five times over, do no harm."""

from collections.abc import Callable
from datetime import datetime

from newsletter.deliveries import bell, gate, heartbeats, reconcile
from newsletter.deliveries import queries as deliveries
from newsletter.deliveries.models import Lane

Work = Callable[[datetime], object]
_work: list[Work] = []


def register(work: Work) -> None:
    """Have `work(now)` done at every tick; called from an app's ready()."""
    if work not in _work:
        _work.append(work)


def tick(*, now: datetime) -> None:
    """Do what is due, settle what senders left behind, and ring for what waits."""
    for work in _work:
        work(now)
    reconcile.bury_the_dead()
    reconcile.close_old(now=now)
    heartbeats.beat("tick", now=now)
    for lane in Lane:
        if deliveries.is_due(lane) and not (lane is Lane.MARKETING and gate.is_locked()):
            bell.ring(lane)
