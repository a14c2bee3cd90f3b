from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from clinic.clock import database_now
from newsletter.deliveries.standing import attendance, holds
from newsletter.deliveries.standing.models import Hold, HoldCause, HoldScope, Residence
from tests.newsletter.deliveries import world

pytestmark = pytest.mark.django_db


def said(*command: str) -> str:
    out = StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


def test_a_hold_from_the_command_line_says_that_it_is_one():
    assert "Marketing mail is on hold since " in said("hold", "--reason", "A wrong date")

    hold = Hold.objects.get()
    assert (hold.reason, hold.cause, hold.scope, hold.by) == (
        "A wrong date",
        HoldCause.COMMAND,
        HoldScope.MARKETING,
        None,
    )


def test_everything_can_be_held():
    said("hold", "--everything")

    assert holds.is_shut("transactional")


def test_nothing_is_released_that_nobody_agreed_to():
    said("hold")

    with pytest.raises(CommandError, match="Nothing was changed"):
        said("release")
    assert holds.active() is not None


@pytest.mark.parametrize(
    ("options", "words", "skipped"),
    [
        ([], "All of it leaves late, marketing spread over 2 h.", 0),
        (["--over", "30m"], "All of it leaves late, marketing spread over 0.5 h.", 0),
        (["--skip-older-than", "2h"], "What is overdue for more than 2:00:00 is skipped", 2),
        (["--skip-older-than", "0"], "All of it is skipped and never leaves.", 2),
        (["--skip-older-than", "1d"], "What is overdue for more than 1 day, 0:00:00 is skipped", 0),
    ],
)
def test_a_release_says_what_is_overdue_and_what_becomes_of_it(options, words, skipped):
    world.open_clinic()
    world.plan(world.leads(2), due_at=database_now() - timedelta(hours=3))
    said("hold")

    told = said("release", "--yes", *options)

    assert "        2  marketing: Campaign 7, since " in told
    assert words in told
    assert told.endswith(f"Released. {skipped} mails were skipped.\n")
    assert holds.active() is None


@pytest.mark.parametrize(("options", "skipped"), [([], 2), (["--late"], 0)])
def test_after_a_restore_everything_overdue_is_skipped_unless_said_otherwise(options, skipped):
    world.plan(world.leads(2), due_at=database_now() - timedelta(hours=3))
    holds.hold_by_itself("A copy.", cause=HoldCause.MOVED, scope=HoldScope.ALL, now=database_now())

    assert f"{skipped} mails were skipped." in said("release", "--yes", *options)


def test_a_copy_that_was_held_before_anybody_looked_is_shown_before_it_is_released():
    world.open_clinic()
    world.plan(world.leads(2), due_at=database_now() - timedelta(hours=3))
    attendance.look(database_now())
    Residence.objects.update(relation=1)
    said("hold", "--everything")
    out = StringIO()

    with pytest.raises(CommandError, match="there is a hold that was not shown before"):
        call_command("release", "--yes", stdout=out)

    assert "restored from a dump. (Automatic: a restored or copied database)" in out.getvalue()
    told = said("release", "--yes")
    assert "Held from the command line. (The command line)" in told
    assert told.endswith("Released. 2 mails were skipped.\n")


def test_without_a_hold_there_is_nothing_to_release():
    assert said("release") == "There is no hold.\n"
