"""Doorbells: one call each, nothing in them but the lane."""

import logging

from celery import Task, current_app, shared_task
from celery.worker import state
from kombu.exceptions import OperationalError

from clinic.clock import database_now
from newsletter import tick as heartbeat
from newsletter.deliveries import bell
from newsletter.deliveries.models import Lane
from newsletter.deliveries.sending import slot
from newsletter.deliveries.settling import asking
from newsletter.liveness import services as liveness

SLOT_SECONDS = 50
STALE_SECONDS = 6 * 60 * 60
"""A ring that waited longer than this is one of many. It is the worker's clock that says so, so this must be more
than any clock is wrong by: a worker two hours ahead would throw every ring away. A ring too many costs one look."""

IMPATIENT = {"socket_timeout": 1, "socket_connect_timeout": 1, "max_retries": 0}
"""Visitors wait while a bell is rung: a broker that hangs must not make the site hang."""

log = logging.getLogger(__name__)


def _should_stop() -> bool:
    """Celery has been asked to stop; the solo pool does not interrupt a task, so the slot asks."""
    return state.should_stop is not None or state.should_terminate is not None


@shared_task(expires=STALE_SECONDS)
def tick() -> None:
    heartbeat.tick(now=database_now())


@shared_task(expires=STALE_SECONDS)
def send_marketing() -> None:
    """And ask what became of calls: beside a long campaign the ring for that waits behind hundreds of these."""
    slot.run(Lane.MARKETING, seconds=SLOT_SECONDS, should_stop=_should_stop)
    asking.settle(now=database_now(), should_stop=_should_stop)


@shared_task(expires=STALE_SECONDS)
def send_transactional() -> None:
    slot.run(Lane.TRANSACTIONAL, seconds=SLOT_SECONDS, should_stop=_should_stop)


@shared_task(expires=STALE_SECONDS)
def check_links() -> None:
    """On the senders' queue, since it is theirs that reaches the outside; never while they are busy."""
    liveness.look(now=database_now(), should_stop=_should_stop)


@shared_task(expires=STALE_SECONDS)
def ask_about_doubts() -> None:
    """On the senders' queue for the same reason: what became of calls to providers, providers are asked."""
    asking.settle(now=database_now(), should_stop=_should_stop)


_DOORS: dict[str, Task] = {
    Lane.MARKETING: send_marketing,
    Lane.TRANSACTIONAL: send_transactional,
    bell.DOUBTS: ask_about_doubts,
    bell.LINKS: check_links,
}
_WAITING = {lane.value: f"the {lane} lane waits" for lane in Lane} | {
    bell.DOUBTS: "doubts wait",
    bell.LINKS: "links wait",
}


def ring(lane: str) -> None:
    """Put one doorbell into the queue of a lane, or of who asks or looks. Without a broker the next tick rings."""
    if not _put(_DOORS[lane]):
        log.warning("The broker is away; %s for the next tick.", _WAITING[lane])


def _put(door: Task) -> bool:
    try:
        with current_app.connection_for_write(transport_options=IMPATIENT) as connection:
            door.apply_async(connection=connection, retry=False)
    except OperationalError:
        return False
    return True
