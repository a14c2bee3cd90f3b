"""Each thing that can be wrong, made wrong: it is found, and nothing else is."""

import os
from datetime import timedelta

import pytest

from clinic.clock import database_now
from newsletter.deliveries import breaker, guard
from newsletter.deliveries.journal import FileJournal, boot
from newsletter.deliveries.models import Batch, BatchState, Chunk, Lane, Later, Uncertain
from newsletter.deliveries.settling import reconcile
from newsletter.deliveries.standing import attendance, heartbeats, holds
from newsletter.deliveries.standing.models import HoldCause, HoldScope, Residence
from newsletter.health import machine, setup
from newsletter.health.findings import Level
from newsletter.health.queries import findings
from tests.newsletter.deliveries import world

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def clinic(settings, tmp_path):
    """A clinic at which everything is at work."""
    settings.DEBUG = True
    settings.JOURNAL_DIR = tmp_path / "journal"
    settings.JOURNAL_DIR.mkdir()
    for name in ("tick", *(heartbeats.sender(lane) for lane in Lane)):
        heartbeats.beat(name, now=database_now(), doing=heartbeats.IDLE)
    return world.open_clinic()


def found() -> list[tuple[str, str]]:
    return [(finding.level.value, finding.what) for finding in findings(database_now())]


def test_where_everything_is_at_work_nothing_is_found():
    assert found() == []


def test_a_silent_tick_and_a_silent_lane_are_found():
    heartbeats.beat("tick", now=database_now() - HOUR)
    heartbeats.beat(heartbeats.sender(Lane.MARKETING), now=database_now() - HOUR)

    assert found() == [
        ("wrong", "The tick is silent: no campaign begins, and the course stands still."),
        ("wrong", "No sender of the lane “Marketing” is at work."),
    ]


@pytest.mark.parametrize(
    ("doing", "level", "advice"),
    [
        (heartbeats.WORKING, Level.NOTE, "Senders are at work. If the number does not fall, look into their log."),
        (
            heartbeats.LIMITED,
            Level.NOTE,
            "Nothing to do: the lane's limit slows it down. Raise the limit if the provider allows more.",
        ),
        (heartbeats.CUT_OFF, Level.WRONG, "The mail server does not answer; senders try again by themselves."),
    ],
)
def test_overdue_mail_is_counted_and_what_keeps_it_is_said(doing, level, advice):
    """A campaign that takes hours leaves chunks behind that were due when it began: that is how it should be."""
    now = database_now()
    planned = world.plan(world.leads(5), due_at=now - HOUR)
    Chunk.objects.update(mark=3)
    Later.objects.create(delivery_id=planned.ids[0], lane=Lane.MARKETING, due_at=now - HOUR)
    heartbeats.say(Lane.MARKETING, doing)

    (finding,) = findings(now)

    assert (finding.what, finding.advice) == ("Up to 3 mails of the lane “Marketing” are overdue.", advice)
    assert finding.level == level
    assert finding.since == now - HOUR


def test_a_hold_says_who_and_stands_for_all_that_waits(owner):
    world.plan(world.leads(3), due_at=database_now() - HOUR)
    holds.hold("A wrong date", by=owner, now=database_now())

    (finding,) = findings(database_now())

    assert finding.what == f"Marketing mail is on hold: A wrong date ({owner})"
    assert (finding.room, finding.level) == ("hold", Level.NOTE)


def test_a_hold_that_nobody_set_is_wrong():
    holds.hold_by_itself("A copy.", cause=HoldCause.MOVED, scope=HoldScope.ALL, now=database_now())

    assert found() == [("wrong", "All mail is on hold: A copy. (set automatically)")]


def test_a_move_is_found_before_a_sender_has_noticed(settings):
    attendance.look(database_now())
    settings.PUBLIC_URL = "http://new.test"
    Residence.objects.update(public_url="https://clinic.example")

    assert found() == [
        (
            "wrong",
            "The database or the site has moved: https://clinic.example before, http://new.test now. Nothing leaves.",
        )
    ]


def test_a_relay_that_knows_no_reader_of_confirmations_is_found():
    guard.report_alone("." + "b" * 9, words="rcpt: 550 5.1.1 unknown")
    assert found() == []

    guard.report_alone("b", words="rcpt: 550 5.1.1 unknown")
    assert found() == [
        ("wrong", "The mail server says of 10 readers in a row that they do not exist: rcpt: 550 5.1.1 unknown")
    ]


def test_a_lease_that_nobody_takes_up_is_found():
    world.plan(world.leads(3))
    Chunk.objects.update(lease_owner="gone", lease_until=database_now() - HOUR)

    assert found() == [("wrong", "1 lease ran out and nobody took it up.")]


def waiting(**fields: object) -> None:
    """Mails that are to be tried again, leased to a sender that is gone."""
    planned = world.plan(world.leads(2))
    Chunk.objects.update(mark=2, done=True)
    for one in planned.ids:
        row = {"due_at": database_now() - HOUR, "lease_owner": "gone", "lease_until": database_now() - HOUR, **fields}
        Later.objects.create(delivery_id=one, lane=Lane.MARKETING, **row)


def leases() -> list[str]:
    return [what for _, what in found() if "lease" in what]


def test_a_lease_of_mail_to_be_tried_again_that_nobody_takes_up_is_found_and_not_while_nobody_could():
    waiting()
    assert leases() == ["1 lease ran out and nobody took it up."]

    Later.objects.update(due_at=database_now() + HOUR)
    assert leases() == []

    Later.objects.update(due_at=database_now() - HOUR)
    Batch.objects.update(state=BatchState.PAUSED)
    assert leases() == []

    Later.objects.update(marked_at=database_now() - HOUR)
    assert leases() == ["1 lease ran out and nobody took it up."]


def test_what_a_dead_sender_held_of_a_paused_campaign_is_no_lease_that_ran_out_long_ago(settings):
    waiting()
    Batch.objects.update(state=BatchState.PAUSED)
    (settings.JOURNAL_DIR / "gone.journal").write_text(f"boot {boot()}\n")
    reconcile.bury_the_dead()
    Batch.objects.update(state=BatchState.OPEN)

    assert leases() == []


@pytest.mark.parametrize("doing", [heartbeats.CUT_OFF, heartbeats.LIMITED, heartbeats.HELD])
def test_a_lease_that_nobody_can_take_up_is_no_cause_to_restart_anything(doing):
    world.plan(world.leads(3))
    Chunk.objects.update(lease_owner="gone", lease_until=database_now() - HOUR)
    if doing == heartbeats.HELD:
        holds.hold("A wrong date", by=None, now=database_now())
    heartbeats.say(Lane.MARKETING, doing)

    assert [what for _, what in found() if "lease" in what] == []


def test_the_journal_of_a_killed_sender_is_found_and_that_of_a_living_one_is_not(settings):
    living = FileJournal()
    (settings.JOURNAL_DIR / "dead.journal").write_text("boot elsewhere\n")
    for path in settings.JOURNAL_DIR.iterdir():
        os.utime(path, (0, 0))

    assert found() == [("wrong", "1 killed sender has left a journal behind on this machine.")]
    living.__exit__(None, None, None)


def test_journals_that_may_not_be_read_are_found(settings):
    (settings.JOURNAL_DIR / "theirs.journal").mkdir()

    ((level, what),) = found()

    assert level == "wrong"
    assert what.startswith("The senders' journals cannot be read here: [Errno 21] Is a directory: ")


def test_what_is_uncertain_and_a_relay_that_is_left_alone_are_found():
    now = database_now()
    Uncertain.objects.create(delivery_id=1000, lane=Lane.MARKETING, since=now - HOUR)
    for _ in range(breaker.OPENS_AFTER):
        breaker.failed("marketing", why="connect: refused")

    what = [finding.what for finding in findings(now)]

    assert what[0].endswith("does not take mail: connect: refused")
    assert what[1] == "1 mail may or may not have left."


def test_a_lane_that_was_told_to_slow_down_is_found_and_the_server_is_not_called_ill():
    breaker.failed("marketing", why="request: 429", retry_after=60, lane=Lane.MARKETING)

    (what,) = [finding.what for finding in findings(database_now())]

    assert "wants less mail of the lane “Marketing”: request: 429" in what


def test_a_full_disk_and_a_wrong_clock_are_found(monkeypatch):
    monkeypatch.setattr(machine, "LEAST_FREE", 10**18)
    monkeypatch.setattr(machine, "MOST_SKEW", timedelta(0))

    assert [level for level, _ in found()] == ["wrong", "note"]


def test_a_broker_that_is_away_is_found(settings):
    settings.CACHES = {
        "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"},
    }

    assert found()[0][1].startswith("Redis does not answer.")


def test_a_set_up_that_mail_suffers_from_is_found(settings, clinic):
    settings.DEBUG = False
    settings.PUBLIC_URL = "https://" + "a-very-long-name." * 3 + "example"
    settings.DEFAULT_FROM_EMAIL = "Meridian <meridian@localhost>"
    clinic.postal_address = " "
    clinic.sender_email = "hello@news.harbour.test"
    clinic.save()

    said = [finding.what for finding in setup.look(database_now())]

    assert said == [
        "The links to unsubscribe have 91 characters; some programs break them after 75.",
        f"Links in mails lead to {settings.PUBLIC_URL}, which nobody outside can reach.",
        "The clinic has no postal address, which the law wants in every marketing mail.",
        "Mail comes from hello@news.harbour.test, a domain that does not exist.",
        "Mail to staff comes from Meridian <meridian@localhost>.",
    ]


def test_a_folder_that_takes_no_picture_is_found(settings, tmp_path):
    (tmp_path / "pictures").write_text("a file stands where the folder should be")
    kept = {"BACKEND": "newsletter.content.pictures.store.Folder", "OPTIONS": {"location": tmp_path / "pictures"}}
    settings.STORAGES = {**settings.STORAGES, "pictures": kept}

    ((level, what),) = found()

    assert level == "wrong"
    assert what.startswith("No picture can be uploaded: ")
