"""Holds that nobody sets: after a move of the database or the site, and after a long absence of the senders."""

from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import AuditEvent
from clinic.clock import database_now
from newsletter.campaigns.models import Campaign
from newsletter.deliveries import claim
from newsletter.deliveries.admission import gate
from newsletter.deliveries.models import Chunk, Lane
from newsletter.deliveries.record import Record
from newsletter.deliveries.standing import attendance, heartbeats, holds, residence
from newsletter.deliveries.standing.models import Heartbeat, Hold, HoldCause, HoldScope, Residence
from newsletter.tick import tick
from tests.newsletter.deliveries import world

pytestmark = pytest.mark.django_db

MOVES = {
    "another server": {"cluster": "7000000000000000000"},
    "another database": {"database": 1},
    "a dump restored": {"relation": 1},
    "another address": {"public_url": "https://clinic.example"},
}


@pytest.fixture(autouse=True)
def clinic():
    return world.open_clinic()


def shut() -> dict[str, bool]:
    return {lane: holds.is_shut(lane) for lane in Lane.values}


def was_seen(ago: timedelta) -> None:
    heartbeats.beat(heartbeats.sender(Lane.MARKETING), now=database_now() - ago)


@pytest.mark.parametrize("change", MOVES.values(), ids=MOVES)
def test_nothing_at_all_leaves_a_copy_even_before_anybody_has_noticed(change):
    attendance.look(database_now())
    assert shut() == {"marketing": False, "transactional": False}
    Residence.objects.update(**change)

    assert shut() == {"marketing": True, "transactional": True}
    assert Hold.objects.count() == 0


@pytest.mark.parametrize("change", MOVES.values(), ids=MOVES)
def test_a_copy_is_held_whole_once_and_says_why(change):
    attendance.look(database_now())
    Residence.objects.update(**change)

    for lane in Lane:
        attendance.check_in(lane)

    hold = Hold.objects.get()
    assert (hold.cause, hold.scope, hold.by) == (HoldCause.MOVED, HoldScope.ALL, None)
    assert hold.reason.startswith("This is a restored or copied database, or the site has moved: ")
    assert AuditEvent.objects.filter(act="sending.held").count() == 1


def test_a_container_made_anew_with_the_same_data_is_no_copy():
    attendance.look(database_now())
    residence._here.cache_clear()

    attendance.look(database_now())

    assert Hold.objects.count() == 0
    assert shut() == {"marketing": False, "transactional": False}


@pytest.fixture
def secretive_host():
    """A role that may read and write every table, and may not ask for the system identifier or the log."""
    for cached in (residence._here, residence._timeline):
        cached.cache_clear()
    with connection.cursor() as cursor:
        cursor.execute("REVOKE EXECUTE ON FUNCTION pg_control_system(), pg_current_wal_lsn() FROM PUBLIC")
        cursor.execute("CREATE ROLE a_plain_role")
        cursor.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO a_plain_role")
        cursor.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO a_plain_role")
        cursor.execute("SET LOCAL ROLE a_plain_role")
        yield
        cursor.execute("RESET ROLE")
    for cached in (residence._here, residence._timeline):
        cached.cache_clear()


def test_where_the_host_keeps_its_own_things_to_itself_mail_leaves_and_a_restored_dump_is_noticed(secretive_host):
    attendance.look(database_now())
    assert shut() == {"marketing": False, "transactional": False}
    Residence.objects.update(relation=1)

    attendance.look(database_now())

    assert Hold.objects.get().cause == HoldCause.MOVED


def test_a_release_takes_the_new_place_for_granted(owner):
    attendance.look(database_now())
    Residence.objects.update(cluster="7000000000000000000", relation=1)
    attendance.look(database_now())

    assert holds.release(by=owner, now=database_now()) == 1
    attendance.look(database_now())

    assert shut() == {"marketing": False, "transactional": False}
    assert holds.active() is None


@pytest.mark.parametrize(("minutes", "holds_all"), [(1, False), (3, True), (None, True)])
def test_a_server_that_went_on_holds_everything_unless_hardly_a_moment_is_missing(minutes, holds_all):
    attendance.look(database_now())
    if minutes:
        was_seen(timedelta(minutes=minutes))
    Residence.objects.update(timeline="0000AAAA")
    assert shut() == {"marketing": True, "transactional": True}

    attendance.check_in(Lane.TRANSACTIONAL)
    attendance.check_in(Lane.MARKETING)

    assert Hold.objects.get().cause == HoldCause.REWOUND
    assert shut() == {"marketing": True, "transactional": holds_all}


def test_a_server_that_goes_on_twice_and_lost_more_the_second_time_is_held_whole():
    attendance.look(database_now())
    for minutes in (1, 3):
        was_seen(timedelta(minutes=minutes))
        Residence.objects.update(timeline="0000AAAA")
        attendance.look(database_now())

    assert [(hold.cause, hold.scope) for hold in Hold.objects.all()] == [(HoldCause.REWOUND, HoldScope.ALL)]


def test_the_demo_moves_as_it_likes(settings):
    settings.DEMO = True
    attendance.look(database_now())

    assert Residence.objects.count() == 0


def test_what_a_process_without_the_demos_settings_has_noted_does_not_shut_the_demo(settings):
    attendance.look(database_now())
    Residence.objects.update(public_url="https://elsewhere.example")
    settings.DEMO = True

    assert shut() == {"marketing": False, "transactional": False}
    assert residence.move() is None


def test_half_an_hour_without_senders_while_mail_was_overdue_holds_marketing():
    now = database_now()
    world.plan(world.leads(1), due_at=now - timedelta(minutes=31))
    was_seen(timedelta(minutes=31))

    attendance.check_in(Lane.MARKETING)

    assert (holds.active().cause, holds.active().scope) == (HoldCause.SILENCE, HoldScope.MARKETING)
    assert heartbeats.last_seen()["sender:marketing"] >= now


@pytest.mark.parametrize(("due", "seen"), [(29, 31), (31, 29), (-5, 60)])
def test_a_shorter_absence_or_nothing_overdue_holds_nothing(due: int, seen: int):
    world.plan(world.leads(1), due_at=database_now() - timedelta(minutes=due))
    was_seen(timedelta(minutes=seen))

    attendance.check_in(Lane.MARKETING)

    assert holds.active() is None


def test_senders_that_never_worked_were_not_absent():
    world.plan(world.leads(1), due_at=database_now() - timedelta(hours=2))

    attendance.check_in(Lane.MARKETING)

    assert holds.active() is None


def test_the_checklist_keeps_mail_waiting_and_that_is_no_absence(clinic):
    clinic.sending_unlocked_at = None
    clinic.save()
    world.plan(world.leads(1), due_at=database_now() - timedelta(hours=2))
    was_seen(timedelta(hours=2))

    attendance.check_in(Lane.MARKETING)

    assert holds.active() is None


def test_a_campaign_whose_time_came_while_the_machine_was_off_is_held_and_not_begun(owner):
    now = database_now()
    letter = world.variant().email
    Campaign.objects.create(
        name="Autumn", email=letter, status="scheduled", start_at=now - timedelta(hours=1), created_by=owner
    )
    was_seen(timedelta(hours=1))

    tick(now=now)

    assert holds.active().cause == HoldCause.SILENCE
    assert Campaign.objects.get().status == "scheduled"


def test_a_sender_that_was_frozen_in_the_middle_of_its_lease_hands_nothing_over():
    world.plan(world.leads(4))
    attendance.check_in(Lane.MARKETING)
    lease = claim.next_lease(Lane.MARKETING, owner="frozen", window=2)
    assert len(gate.admit(lease, Record(), window=2).rows) == 2
    was_seen(timedelta(hours=8))

    heartbeats.say(Lane.MARKETING, heartbeats.WORKING)

    assert gate.admit(lease, Record(), window=2) is None
    assert Chunk.objects.get().mark == 2
    assert Heartbeat.objects.get().at < database_now() - timedelta(hours=7)
