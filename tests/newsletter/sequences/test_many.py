"""Many people at once: what is asked, worked out and taken back for all of them together, and for each rightly."""

import json
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.tags import services as tags
from newsletter.deliveries import services as deliveries
from newsletter.deliveries.models import Chunk, Kind, Outcome, Recall
from newsletter.models import Delivery, Enrolment
from newsletter.sequences import advance as engine
from newsletter.sequences import services, walk
from newsletter.sequences.plan.document import EventKind, Step, StepKind, TriggerKind
from newsletter.sequences.schedule import Calendar, Wait, Window
from newsletter.sequences.walk import Move, Question
from tests.newsletter.sequences import plans
from tests.newsletter.sequences.plans import due, email, hand_over, tag
from tests.newsletter.sequences.ways import DAY, NOW, begun, ending, goal, reader, sequence, tick, trigger, who

MANY = 5
LATER = Step(2, StepKind.EMAIL, wait=Wait(hours=20), email=2)


def stands(move: Move | Question) -> tuple[int, datetime | None]:
    assert isinstance(move, Move)
    return move.position, move.due_at


def test_who_come_at_one_moment_before_one_step_are_looked_at_by_their_own_clocks():
    book = plans.almanac(email(1), email(2, days=70), email(3, days=80))
    ways = [due(way=1), due(way=2, time_zone="Europe/Vienna"), due(way=3), due(1, way=4), due(way=5, at=NOW + DAY)]

    moves = [walk.decide(way, book, {}, now=NOW + DAY) for way in ways]

    toronto, vienna = NOW + 71 * DAY - timedelta(hours=1), NOW + 71 * DAY
    assert [stands(move) for move in moves] == [
        (1, toronto),
        (1, vienna),
        (1, toronto),
        (2, NOW + 81 * DAY - timedelta(hours=1)),
        (1, toronto),
    ]


def test_what_was_worked_out_with_one_plan_is_forgotten_with_it():
    book, afternoon = plans.almanac(email(1), LATER), NOW + timedelta(hours=6)
    before = walk.decide(due(at=afternoon), book, {}, now=afternoon)

    hours = Calendar(Window(frozenset(range(7)), time(15), time(18)))
    book.suppose(1, replace(book.published(1), calendar=hours))
    after = walk.decide(due(at=afternoon), book, {}, now=afternoon)

    noon = afternoon + timedelta(hours=20)
    assert [stands(before), stands(after)] == [(1, noon), (1, noon + timedelta(hours=3))]


def nodes(plan: dict[str, Any]) -> list[str]:
    return [plan["Node Type"], *(kind for part in plan.get("Plans", []) for kind in nodes(part))]


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 2])
def test_of_many_who_are_due_only_the_next_ones_are_looked_at(count: int):
    """In the order of the index, and without sorting everybody for every chunk."""
    reaching = [sequence(tag(1, key), email(2), key=key) for key in ("a", "b")][:count]
    values = {"sequences": [one.pk for one in reaching], "now": NOW, "most": 1000}

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {engine.NEXT}", values)
        (found,) = cursor.fetchone()
    [explained] = json.loads(found) if isinstance(found, str) else found

    assert "Sort" not in nodes(explained["Plan"])


@pytest.mark.django_db
def test_the_next_ones_of_several_sequences_are_all_who_are_due():
    a, b = (sequence(tag(1, key), email(2), key=key) for key in ("a", "b"))
    ways = [begun(a), begun(b), begun(a), begun(b, now=NOW + DAY)]

    held = engine.hold_next([a.pk, b.pk], NOW, most=None)

    assert sorted(held) == sorted(way.lead_id for way in ways[:3])


@pytest.mark.django_db
def test_a_tick_reads_what_it_hands_over_to_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(engine, "CHUNK_SIZE", 1)
    to = sequence(email(1, 2), key="to")
    of = sequence(hand_over(1, to.pk), email(2, 1))
    leads = [begun(of).lead for _ in range(MANY)]

    with CaptureQueriesContext(connection) as asked:
        services.advance(NOW)

    reads = [one["sql"] for one in asked if 'FROM "newsletter_step"' in one["sql"]]
    assert len(reads) == 2  # one of each version
    assert [(lead, state) for lead, _occasion, _turn, state in who(to)] == [(lead.pk, "active") for lead in leads]


@pytest.mark.django_db
def test_a_tag_takes_back_the_mails_of_everybody_and_what_left_is_left():
    """Of many ways at once: whose mail was handed over keeps it, and is recalled; each way ends once."""
    tagging = sequence(tag(1, "done"), email(2), key="tagging")
    ends = sequence(email(1), email(2, 1), key="ends", **goal(EventKind.TAG, "done"))
    ways = [begun(ends) for _ in range(MANY)]
    tick(NOW)
    mails = list(Delivery.objects.filter(kind=Kind.STEP).order_by("id").values_list("id", "owner"))
    Chunk.objects.filter(pk=mails[0][0] // 1000).update(mark=2)
    for way in ways:
        begun(tagging, way.lead)

    services.advance(NOW)

    cancelled = Outcome.objects.filter(reason="tag").order_by("delivery_id").values_list("delivery_id", flat=True)
    assert list(cancelled) == [mail for mail, _owner in mails[2:]]
    assert sorted(Recall.objects.values_list("delivery_id", flat=True)) == [mail for mail, _owner in mails[:2]]
    assert [ending(way) for way in ways] == [("exited", "tag")] * MANY
    assert deliveries.cancel_these([mail for mail, _owner in mails], reason="again", now=NOW) == []


@pytest.mark.django_db
def test_a_tag_for_many_begins_each_once_in_the_sequence_of_its_version():
    hears = sequence(email(1, 2), key="hears", **trigger(TriggerKind.TAG, "warm"))
    leads = [reader() for _ in range(MANY)]

    tags.add_to_many([lead.pk for lead in leads], name="warm", now=NOW)
    tags.add_to_many([lead.pk for lead in leads], name="warm", now=NOW)

    found = Enrolment.objects.order_by("lead").values_list("lead", "sequence", "version__sequence")
    assert list(found) == [(lead.pk, hears.pk, hears.pk) for lead in leads]
