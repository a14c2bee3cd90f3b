"""What a hold stops, and that a sender which is at work finds it before its next mark."""

import pytest

from clinic.clock import database_now
from newsletter.deliveries.models import Lane
from newsletter.deliveries.sending import slot
from newsletter.deliveries.standing import heartbeats, holds
from newsletter.deliveries.standing.models import Heartbeat, Hold, HoldCause, HoldScope
from tests.newsletter.deliveries import world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clinic():
    return world.open_clinic()


@pytest.mark.parametrize(
    ("scope", "shut"),
    [
        (HoldScope.MARKETING, {"marketing": True, "transactional": False}),
        (HoldScope.ALL, dict.fromkeys(Lane.values, True)),
    ],
)
def test_a_person_holds_marketing_or_everything(scope, shut, owner):
    holds.hold("A wrong date", by=owner, now=database_now(), scope=scope)

    assert {lane: holds.is_shut(lane) for lane in Lane.values} == shut
    assert {lane: holds.stops_senders(lane) for lane in Lane.values} == shut


def test_the_hold_that_stops_most_is_the_one_that_is_shown(owner):
    holds.hold("A wrong date", by=owner, now=database_now())
    holds.hold_by_itself("Moved", cause=HoldCause.MOVED, scope=HoldScope.ALL, now=database_now())
    holds.hold_by_itself("Moved again", cause=HoldCause.MOVED, scope=HoldScope.ALL, now=database_now())

    assert holds.active().reason == "Moved"
    assert Hold.objects.count() == 2


def test_a_slot_that_may_not_send_says_so(owner, tmp_path, settings):
    settings.JOURNAL_DIR = tmp_path
    world.plan(world.leads(1))
    holds.hold("A wrong date", by=owner, now=database_now())

    assert slot.run(Lane.MARKETING, seconds=5, should_stop=lambda: False) == 0

    assert Heartbeat.objects.get(name="sender:marketing").doing == heartbeats.HELD


def test_a_slot_without_work_says_so(tmp_path, settings):
    settings.JOURNAL_DIR = tmp_path

    slot.run(Lane.TRANSACTIONAL, seconds=5, should_stop=lambda: False)

    assert Heartbeat.objects.get(name="sender:transactional").doing == heartbeats.IDLE
