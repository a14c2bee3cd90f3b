"""Counting a finished chunk once changes no figure, and what is not finished is not counted."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.clock import database_now
from leads.models import Lead
from newsletter.deliveries.models import (
    CHUNK_SIZE,
    Batch,
    Chunk,
    Delivery,
    Kind,
    Lane,
    Later,
    Outcome,
    State,
    Uncertain,
)
from newsletter.deliveries.queries import Progress, Speed, progress, refusals, speed, unbalanced
from newsletter.deliveries.standing.models import Tally
from newsletter.deliveries.tallies import AT_ONCE, count_finished
from tests.newsletter.deliveries import world

pytestmark = pytest.mark.django_db
LEADS = 12
ENDS = st.lists(st.sampled_from([*State, "uncertain", "later", "planned"]), min_size=LEADS, max_size=LEADS)
REASONS = {
    State.SUBMITTED: "",
    State.FAILED: "rcpt: 550 5.1.1 ann is not here",
    State.EXPIRED: "Gave up: 451 4.3.0 ann's mailbox",
}
CLASSES = {State.FAILED: "rcpt: 550 5.1.1", State.EXPIRED: "Gave up"}


def end(delivery_id: int, how: State | str) -> None:
    now = database_now()
    if isinstance(how, State):
        Outcome.objects.create(delivery_id=delivery_id, at=now, state=how, reason=REASONS.get(how, how.name.lower()))
    elif how == "uncertain":
        Uncertain.objects.create(delivery_id=delivery_id, lane=Lane.MARKETING, since=now)
    elif how == "later":
        Later.objects.create(delivery_id=delivery_id, lane=Lane.MARKETING, due_at=now)


def expected(ends: list) -> Progress:
    count = Counter(ends)
    parts = {state.name.lower(): count[state] for state in State}
    waiting = count["later"] + count["planned"]
    return Progress(planned=len(ends), **parts, uncertain=count["uncertain"], waiting=waiting)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ends=ENDS)
def test_every_figure_is_the_same_before_and_after_a_tally(ends, db):
    for table in (Outcome, Uncertain, Later, Tally, Delivery, Chunk, Batch):
        table.objects.all().delete()
    people, owner = list(Lead.objects.all()) or world.leads(LEADS), 7
    world.plan(people[: LEADS // 2], owner=owner)
    ids = world.plan(people[LEADS // 2 :], owner=owner).ids
    Chunk.objects.update(done=True)
    for delivery_id, how in zip(ids, ends, strict=True):
        end(delivery_id, how)
    words = Counter(CLASSES.get(how, how.name.lower()) for how in ends if isinstance(how, State) and how != 1)

    before = progress(Kind.CAMPAIGN, owner), dict(refusals(Kind.CAMPAIGN, owner)), speed(Kind.CAMPAIGN, owner)
    halves = [ends[: LEADS // 2], ends[LEADS // 2 :]]
    finished = sum(all(isinstance(how, State) for how in half) for half in halves)

    assert count_finished(database_now()) == finished
    after = progress(Kind.CAMPAIGN, owner), dict(refusals(Kind.CAMPAIGN, owner)), speed(Kind.CAMPAIGN, owner)
    assert before == after == (expected(ends), dict(words), Speed(ends.count(State.SUBMITTED), 0))


def test_a_chunk_that_is_still_under_way_is_not_counted():
    planned = world.plan(world.leads(2))
    end(planned.ids[0], State.SUBMITTED)

    assert count_finished(database_now()) == 0
    Chunk.objects.update(done=True)
    assert count_finished(database_now()) == 0
    end(planned.ids[1], State.REFUSED)
    assert count_finished(database_now()) == 1
    assert count_finished(database_now()) == 0


@pytest.mark.parametrize(("table", "moment"), [(Later, "due_at"), (Uncertain, "since")])
def test_chunks_of_which_some_are_not_over_keep_no_finished_one_from_being_counted(table, moment):
    planned = world.plan(world.leads(2))
    for one in planned.ids:
        end(one, State.SUBMITTED)
    finished = Chunk.objects.get()
    waiting = range(finished.pk + 1, finished.pk + 1 + AT_ONCE)
    about = {"batch": planned.batch, "lane": Lane.MARKETING, "due_at": database_now()}
    Chunk.objects.bulk_create(Chunk(id=one, size=1, **about) for one in waiting)
    Delivery.objects.bulk_create(
        Delivery(id=one * CHUNK_SIZE, owner=7, item=-one, variant_id=planned.variant.pk, kind=Kind.CAMPAIGN)
        for one in waiting
    )
    open_still = {"lane": Lane.MARKETING, moment: database_now()}
    table.objects.bulk_create(table(delivery_id=one * CHUNK_SIZE, **open_still) for one in waiting)
    Chunk.objects.update(done=True)

    assert count_finished(database_now()) == 1
    assert Tally.objects.get().pk == finished.pk


def test_speed_is_of_the_last_minute_and_time_left_is_told_only_when_something_moves():
    planned = world.plan(world.leads(6))
    now = database_now()
    for delivery_id, ago in zip(planned.ids, (61, 59, 1), strict=False):
        Outcome.objects.create(delivery_id=delivery_id, at=now - timedelta(seconds=ago), state=State.SUBMITTED)
    Later.objects.create(delivery_id=planned.ids[3], lane=Lane.MARKETING, due_at=now + timedelta(hours=1))

    found = speed(Kind.CAMPAIGN, 7)

    assert found == Speed(per_minute=2, not_due=1)
    assert found.left(progress(Kind.CAMPAIGN, 7)) == timedelta(minutes=1)
    assert Speed(0, 0).left(progress(Kind.CAMPAIGN, 7)) is None
    assert Speed(2, 3).left(progress(Kind.CAMPAIGN, 7)) is None


def test_what_does_not_balance_is_found():
    planned = world.plan(world.leads(3))
    end(planned.ids[0], State.SUBMITTED)
    assert unbalanced() == []

    Delivery.objects.filter(id=planned.ids[0]).delete()

    assert unbalanced() == [planned.batch.pk]
