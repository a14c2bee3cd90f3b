"""The verdict has eyes: a mail that ended otherwise than it may, one that nobody has, and who left it in doubt."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from clinic.clock import database_now
from leads.models import Lead
from newsletter import tokens
from newsletter.deliveries.models import Chunk, State, Uncertain
from newsletter.models import Outcome
from tests.chaos import deaths
from tests.chaos.deaths import Death, Window
from tests.chaos.kills import one_by_one
from tests.chaos.stage import Stage
from tests.chaos.verdict import Doubts, Verdict, books, for_these, settle
from tests.factories import people
from tests.newsletter.deliveries import world

pytestmark = [pytest.mark.chaos, pytest.mark.django_db]


def relay_that_took(*mails: int, **more: Any) -> Stage:
    accepted = [{"message_id": f"<{tokens.name(one)}@example.org>"} for one in mails]
    return cast("Stage", SimpleNamespace(accepted=accepted, **more))


def end(one: int, state: State = State.SUBMITTED) -> None:
    Outcome.objects.create(delivery_id=one, at=database_now(), state=state)


def judged(*mails: int, **may_end: Any) -> list[str]:
    verdict = Verdict()
    books(relay_that_took(*mails), verdict, **may_end)
    return verdict.violations


def test_everybody_mailed_once_is_good():
    planned = world.plan(world.leads(3))
    for one in planned.ids:
        end(one)

    assert judged(*planned.ids) == []


NOT_SO = "1 ended as they may not"
"""Nobody was named who may."""


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (State.EXPIRED, NOT_SO),
        (State.FAILED, NOT_SO),
        (State.REFUSED, NOT_SO),
        (State.CANCELLED, NOT_SO),
        (State.SUBMITTED, "1 lost"),
        (State.CLOSED, "1 lost"),
    ],
)
def test_a_mail_that_the_relay_has_not_is_seen_however_it_ended(state: State, said: str):
    first, second = world.plan(world.leads(2)).ids
    end(first)
    end(second, state)

    (violation,) = judged(first)

    assert violation.startswith(said)


def test_who_was_named_may_end_as_was_named_and_not_otherwise():
    first, second = world.plan(world.leads(2)).ids
    gone = Lead.objects.filter(email="p1@example.org")
    end(first)
    end(second, State.FAILED)

    assert judged(first, may_end=for_these(gone, State.FAILED)) == []
    assert judged(first, may_end=for_these(gone, State.REFUSED)) != []
    assert judged(first, may_end=for_these(Lead.objects.exclude(pk__in=gone), State.FAILED)) != []


def doubt(one: int, owner: str) -> None:
    Uncertain.objects.create(delivery_id=one, lane="marketing", since=database_now(), lease_owner=owner)


def test_doubts_are_counted_by_who_left_them_and_by_who_settled_them():
    planned = world.plan(world.leads(4))
    for one, owner in zip(planned.ids, ["a", "b", "b", ""], strict=True):
        doubt(one, owner)
    doubts = Doubts()

    settle(relay_that_took(*planned.ids[:2], owner=people.staff()), doubts)

    assert (doubts.count, doubts.had_left, doubts.left_by) == (4, 2, {"a": 1, "b": 2})
    assert doubts.settled_by == {"look-up": 1, "hand": 3}


def test_who_left_more_in_doubt_than_it_held_connections_is_seen():
    verdict = Verdict()
    verdict.doubts.left_by.update(a=2, b=1)
    died = [Death("a", 1), Death("b", 1)]

    one_by_one(cast("Stage", SimpleNamespace(deaths=died)), verdict)

    assert verdict.figures["most doubts by one"] == 2
    assert verdict.violations[0].startswith("1 left more in doubt than they held connections")


def test_windows_are_told_apart_and_what_was_answered_is_left_out(tmp_path: Path):
    deaths.watch_marks()
    first, *others = world.plan(world.leads(6)).ids
    journal = tmp_path / "host-1-a.journal"
    journal.write_text("boot 1\n" + "".join(f"B {one}\nA {one} 250\n" for one in others[:2]) + f"B {others[2]}\n")
    Chunk.objects.update(lease_owner="host-1-a")
    for mark in (2, 4, 6):
        Chunk.objects.update(mark=mark)
    end(first)

    assert sorted(deaths.windows_of(journal)) == [Window(2, 1), Window(2, 2)]
