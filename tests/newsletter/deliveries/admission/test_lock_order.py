"""Staff act while a sender is inside the gate: one waits for the other, and neither is thrown out."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction

from clinic.clock import database_now
from newsletter.deliveries import claim, services
from newsletter.deliveries.admission import gate
from newsletter.deliveries.models import Chunk, Kind, Lane
from newsletter.deliveries.record import Record
from newsletter.deliveries.standing import overdue
from newsletter.models import Enrolment
from newsletter.sequences.models import ExitReason
from newsletter.sequences.services import advance, leave
from tests.chaos.arena import locked
from tests.newsletter.deliveries import world
from tests.newsletter.sequences import course

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


def beside[T](pool: ThreadPoolExecutor, act: Callable[[], T]) -> Future[T]:
    def run() -> T:
        try:
            return act()
        finally:
            connections.close_all()

    return pool.submit(run)


def wait_for_waiters(count: int) -> None:
    deadline = time.monotonic() + 60
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0] == count:
                return
            threading.Event().wait(0.01)
    pytest.fail(f"Not {count} waited.")


def test_a_campaign_cancelled_while_the_gate_refuses_somebody_ends_and_the_sender_goes_on():
    world.open_clinic()
    planned = world.plan([world.lead("ann", consents=False), world.lead("bob")])
    lease = claim.next_lease(Lane.MARKETING, owner="me", window=2)

    with ThreadPoolExecutor() as pool:
        with locked("SELECT 1 FROM newsletter_chunk FOR UPDATE"):
            cancelling = beside(
                pool, lambda: services.cancel_batches(Kind.CAMPAIGN, 7, reason="cancelled", now=database_now())
            )
            wait_for_waiters(1)
            admitting = beside(pool, lambda: gate.admit(lease, Record(), window=2))
            wait_for_waiters(2)
        cancelled, admitted = cancelling.result(60), admitting.result(60)

    assert (cancelled, admitted) == (2, None)
    assert world.states(planned.ids) == {"cancelled": 2}
    assert Chunk.objects.get().done is True


def test_somebody_who_leaves_a_course_while_what_is_overdue_is_put_off_waits_and_nobody_is_thrown_out():
    course.open_course(0, 3)
    now = course.NOW
    enrolment = course.enrolled(now=now - course.DAY)
    advance(now - course.DAY)
    Enrolment.objects.update(due_at=now - HOUR)

    @transaction.atomic
    def put_off() -> int:
        return overdue.settle(before=None, lanes=[Lane.MARKETING], now=now, over=2 * HOUR)

    with ThreadPoolExecutor() as pool:
        with locked("SELECT 1 FROM newsletter_chunk FOR UPDATE"):
            putting_off = beside(pool, put_off)
            wait_for_waiters(1)
            leaving = beside(pool, lambda: leave(enrolment.lead, reason=ExitReason.UNSUBSCRIBED, now=now))
            wait_for_waiters(2)
        results = putting_off.result(60), leaving.result(60)

    assert results == (0, 1)
    assert course.cancelled(enrolment) == [1]
