from datetime import timedelta

import pytest

from clinic.clock import database_now
from newsletter import tick
from newsletter.deliveries import bell
from newsletter.deliveries.models import Lane
from newsletter.deliveries.standing import heartbeats
from tests.newsletter.deliveries import world


@pytest.fixture
def rung():
    """The lanes that the bell was rung for; the everyday ringer comes back afterwards."""
    before, heard = list(bell._ringers), []
    bell.register(heard.append)
    yield heard
    bell._ringers[:] = before


@pytest.fixture
def failing_work():
    def fail(now):
        raise LookupError("no such thing")

    tick._work.insert(0, fail)
    yield fail
    tick._work.remove(fail)


@pytest.mark.django_db
def test_one_work_that_fails_is_loud_and_keeps_nothing_from_being_done(failing_work):
    done = []
    tick.register(done.append)
    now = database_now()

    with pytest.raises(ExceptionGroup) as raised:
        tick.tick(now=now)
    tick._work.remove(done.append)

    assert [str(error) for error in raised.value.exceptions] == ["no such thing"]
    assert done == [now]
    assert [(part.name, part.at, part.doing) for part in heartbeats.all_parts()] == [("tick", now, "failing")]


@pytest.mark.django_db
def test_a_tick_that_did_all_its_work_says_so():
    heartbeats.beat(heartbeats.TICK, now=database_now(), doing=heartbeats.FAILING)

    tick.tick(now=database_now())

    assert [(part.name, part.doing) for part in heartbeats.all_parts()] == [("tick", "")]


@pytest.mark.django_db(transaction=True)
def test_the_lane_with_something_due_is_rung(rung):
    world.open_clinic()
    now = database_now()
    for lane in Lane:
        heartbeats.beat(heartbeats.sender(lane), now=now)
    world.plan(world.leads(1))
    rung.clear()

    tick.tick(now=now)

    assert rung == [Lane.MARKETING]


@pytest.mark.django_db(transaction=True)
def test_a_sender_that_was_silent_for_a_while_is_rung_without_work(rung):
    now = database_now()
    heartbeats.beat(heartbeats.sender(Lane.MARKETING), now=now - timedelta(seconds=31))
    heartbeats.beat(heartbeats.sender(Lane.TRANSACTIONAL), now=now - timedelta(seconds=29))

    tick.tick(now=now)

    assert rung == [Lane.MARKETING]
