"""A slot that ends in an error is seen to fail, since when and why, until one ends well."""

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from clinic.clock import database_now
from newsletter import tick
from newsletter.deliveries.models import Lane
from newsletter.deliveries.sending import slot
from newsletter.deliveries.standing import heartbeats, holds
from newsletter.deliveries.standing.models import Heartbeat, HoldCause
from newsletter.health.findings import Finding, Level
from newsletter.health.queries import findings
from studio.queries import attention
from studio.queries.parts import parts
from tests.newsletter.deliveries import world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def journals(settings, tmp_path: Path) -> Path:
    """A file stands where the journals' folder should be: every slot fails before it has claimed anything."""
    settings.DEBUG = True
    settings.JOURNAL_DIR = tmp_path / "journal"
    settings.JOURNAL_DIR.write_text("")
    settings.MAILERS = {lane: {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"} for lane in Lane.values}
    settings.LANES = {}
    world.open_clinic()
    for name in (heartbeats.TICK, *(heartbeats.sender(lane) for lane in Lane)):
        heartbeats.beat(name, now=database_now(), doing=heartbeats.IDLE)
    return settings.JOURNAL_DIR


def crash(lane: Lane) -> None:
    with pytest.raises(FileExistsError):
        slot.run(lane, seconds=20, should_stop=lambda: False)


def fails_for(lane: Lane, ago: timedelta) -> Heartbeat:
    """A sender that fails at every ring, for so long by now."""
    crash(lane)
    Heartbeat.objects.filter(name=heartbeats.sender(lane)).update(failing_since=database_now() - ago)
    crash(lane)
    return Heartbeat.objects.get(name=heartbeats.sender(lane))


def mended(journals: Path) -> int:
    journals.unlink()
    return slot.run(Lane.MARKETING, seconds=20, should_stop=lambda: False)


def of(lane: Lane) -> list[Finding]:
    return [finding for finding in findings(database_now()) if str(lane.label) in finding.what]


def test_its_heartbeat_says_since_when_and_why(journals: Path):
    seen = fails_for(Lane.MARKETING, timedelta(minutes=1))

    assert (seen.doing, seen.why) == (heartbeats.FAILING, f"FileExistsError: [Errno 17] File exists: '{journals}'")
    assert database_now() - seen.well_at >= timedelta(minutes=1)


def test_no_persons_address_is_kept_of_why():
    with pytest.raises(LookupError), heartbeats.told(Lane.MARKETING):
        raise LookupError("ann@example.org is not here\nand more of it")

    why = Heartbeat.objects.get(name="sender:marketing").why
    assert why.startswith("LookupError: ")
    assert "ann@" not in why
    assert "more" not in why


@pytest.mark.parametrize("lane", Lane)
def test_doctor_and_the_status_page_say_so(lane: Lane, journals: Path):
    fails_for(lane, timedelta(seconds=20))

    (finding,) = of(lane)

    why = f"FileExistsError: [Errno 17] File exists: '{journals}'"
    assert finding.what == f"Senders of the lane “{lane.label}” fail: {why}"
    assert finding.level is Level.WRONG
    with pytest.raises(CommandError, match="2 of these need somebody"):  # the folder is told of too
        call_command("doctor", stdout=StringIO())
    shown = sorted(str(part.doing) for part in parts(list(Heartbeat.objects.all()), database_now()))
    assert shown == ["fails", "nothing is due", "nothing is due"]


def test_what_is_overdue_meanwhile_is_not_called_a_matter_of_time():
    world.plan(world.leads(1), due_at=database_now() - timedelta(minutes=20))
    fails_for(Lane.MARKETING, timedelta(minutes=20))

    assert [finding.level for finding in of(Lane.MARKETING)] == [Level.WRONG, Level.WRONG]


def test_after_two_minutes_it_is_not_alive_and_the_dashboard_names_it():
    fails_for(Lane.MARKETING, timedelta(minutes=1))
    call_command("alive", "sender:marketing", stdout=StringIO())
    assert attention.silent_parts(database_now()) == []

    seen = fails_for(Lane.MARKETING, timedelta(minutes=3))

    with pytest.raises(CommandError, match=r"sender:marketing fails, for 18\d s: FileExistsError"):
        call_command("alive", "sender:marketing")
    assert attention.silent_parts(database_now()) == [seen]


@pytest.mark.parametrize(("minutes", "is_held"), [(29, False), (31, True)])
def test_after_half_an_hour_in_which_mail_was_overdue_marketing_is_held(minutes: int, is_held: bool):
    world.plan(world.leads(1), due_at=database_now() - timedelta(minutes=40))
    fails_for(Lane.MARKETING, timedelta(minutes=minutes))

    tick.tick(now=database_now())

    hold = holds.active()
    assert (hold is not None and hold.cause == HoldCause.SILENCE) is is_held


def test_one_slot_that_ends_well_takes_it_back(journals: Path):
    planned = world.plan(world.leads(1))
    fails_for(Lane.MARKETING, timedelta(minutes=20))

    assert mended(journals) == 1

    seen = Heartbeat.objects.get(name="sender:marketing")
    assert (seen.failing_since, seen.why, seen.doing) == (None, "", heartbeats.IDLE)
    assert world.states(planned.ids) == {"submitted": 1}
    assert of(Lane.MARKETING) == []
