"""The heartbeat that everything timed hangs on. Two at once, or one five times over, do no harm."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from newsletter.deliveries import bell, tallies
from newsletter.deliveries import queries as deliveries
from newsletter.deliveries.models import Lane
from newsletter.deliveries.settling import reconcile
from newsletter.deliveries.standing import attendance, heartbeats, holds

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
    """Look whether mail must be held, bury dead senders, do what is due, close old doubts, and ring for what waits.

    One work that fails does not keep the others from being done; what failed is raised together at the end.
    """
    failed = [
        error
        for work in (attendance.look, _bury, *_work, _close, tallies.count_finished)
        if (error := _attempt(work, now)) is not None
    ]
    heartbeats.beat(heartbeats.TICK, now=now, doing=heartbeats.FAILING if failed else "")
    _ring_where_needed(now)
    if failed:
        raise ExceptionGroup("Some of the tick's work failed.", failed)


def _attempt(work: Work, now: datetime) -> Exception | None:
    try:
        work(now)
    except Exception as error:  # noqa: BLE001 - raised by tick, after the others have had their turn
        return error
    return None


def _bury(now: datetime) -> None:
    """Before the work: that rings for those who ask the providers about doubts, which are told of only now."""
    reconcile.bury_the_dead()


def _close(now: datetime) -> None:
    reconcile.close_old(now=now)


def _ring_where_needed(now: datetime) -> None:
    seen = heartbeats.last_seen()
    for lane in Lane:
        is_silent = now - seen.get(heartbeats.sender(lane), EVER) > SILENCE
        if is_silent or (deliveries.is_due(lane) and not holds.is_shut(lane)):
            bell.ring(lane)
