from datetime import timedelta

import pytest
from django.db import IntegrityError

from clinic.clock import database_now
from newsletter.deliveries import services
from newsletter.deliveries.models import Chunk, Delivery, Kind, Lane, Later
from newsletter.deliveries.queries import Progress, is_due, progress
from newsletter.deliveries.services import Planned, Row
from tests.newsletter.deliveries import world

pytestmark = pytest.mark.django_db


def test_planning_the_same_name_twice_adds_nothing():
    people = world.leads(3)
    first = world.plan(people)
    now = database_now()

    again = services.plan(
        Planned(Kind.CAMPAIGN, 7, Lane.MARKETING),
        [Row(owner=7, item=p.pk, lead_id=p.pk, variant_id=first.variant.pk) for p in people],
        due_at=now,
        now=now,
    )

    assert again is None
    assert Delivery.objects.count() == 3


def test_planning_partly_known_names_adds_the_new_ones():
    people = world.leads(4)
    first = world.plan(people[:2])
    now = database_now()

    batch = services.plan(
        Planned(Kind.CAMPAIGN, 7, Lane.MARKETING),
        [Row(owner=7, item=p.pk, lead_id=p.pk, variant_id=first.variant.pk) for p in people],
        due_at=now,
        now=now,
    )

    assert batch is not None
    assert batch.size == 2
    assert sorted(Delivery.objects.values_list("item", flat=True)) == [p.pk for p in people]


def test_a_delivery_knows_its_chunk():
    planned = world.plan(world.leads(2))

    chunk = Chunk.objects.get(batch=planned.batch)

    assert [one // world.CHUNK_SIZE for one in planned.ids] == [chunk.pk, chunk.pk]
    assert chunk.size == 2


def test_an_audience_by_query_is_cut_into_chunks_of_a_thousand():
    made = world.variant()
    batch = services.plan_query(
        Planned(Kind.CAMPAIGN, 9, Lane.MARKETING),
        select="SELECT n AS lead_id FROM generate_series(1, %s) n",
        params=[2500],
        variant_id=made.pk,
        due_at=database_now(),
    )

    assert batch is not None
    assert batch.size == 2500
    assert list(batch.chunks.order_by("id").values_list("size", flat=True)) == [1000, 1000, 500]
    assert progress(Kind.CAMPAIGN, 9) == Progress(planned=2500, waiting=2500)


def test_an_audience_with_somebody_twice_is_refused_whole():
    made = world.variant()
    with pytest.raises(IntegrityError):
        services.plan_query(
            Planned(Kind.CAMPAIGN, 9, Lane.MARKETING),
            select="SELECT 1::bigint AS lead_id FROM generate_series(1, %s) n",
            params=[2],
            variant_id=made.pk,
            due_at=database_now(),
        )


def test_an_empty_audience_plans_nothing():
    planned = Planned(Kind.CAMPAIGN, 9, Lane.MARKETING)
    select = "SELECT 1::bigint AS lead_id WHERE %s"

    batch = services.plan_query(planned, select=select, params=[False], variant_id=1, due_at=database_now())

    assert batch is None


def test_nothing_is_due_before_its_moment():
    world.plan(world.leads(1), due_at=database_now() + timedelta(hours=1))

    assert is_due(Lane.MARKETING) is False


def test_what_is_paused_is_not_due_until_it_is_resumed():
    world.plan(world.leads(1))

    services.pause(Kind.CAMPAIGN, 7)
    paused = is_due(Lane.MARKETING)
    services.resume(Kind.CAMPAIGN, 7)

    assert (paused, is_due(Lane.MARKETING)) == (False, True)


def test_a_postponed_mail_of_what_is_paused_is_not_due_either():
    planned = world.plan(world.leads(1))
    Chunk.objects.update(mark=1, done=True)
    Later.objects.create(delivery_id=planned.ids[0], lane=Lane.MARKETING, due_at=database_now())

    services.pause(Kind.CAMPAIGN, 7)
    paused = is_due(Lane.MARKETING)
    services.resume(Kind.CAMPAIGN, 7)

    assert (paused, is_due(Lane.MARKETING)) == (False, True)
