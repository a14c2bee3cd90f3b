from datetime import timedelta

import pytest
from django.db import IntegrityError

from clinic.clock import database_now
from newsletter.deliveries import services
from newsletter.deliveries.models import CHUNK_SIZE, Chunk, Delivery, Kind, Lane, Later
from newsletter.deliveries.queries import Progress, is_due, progress
from newsletter.deliveries.services import Planned, Row
from tests.factories import plans
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

    assert [one // CHUNK_SIZE for one in planned.ids] == [chunk.pk, chunk.pk]
    assert chunk.size == 2


def everybody(select: str, *params: object) -> int:
    planned = Planned(Kind.CAMPAIGN, 9, Lane.MARKETING)
    return plans.everybody(planned, select, params, variant_id=world.variant().pk, now=database_now())


def test_an_audience_by_query_is_cut_into_chunks_of_a_thousand():
    assert everybody("SELECT n::bigint AS lead_id FROM generate_series(1, %s) n", 2500) == 2500

    sizes = Chunk.objects.filter(batch__owner_id=9).order_by("id").values_list("size", flat=True)
    assert list(sizes) == [1000, 1000, 500]
    assert progress(Kind.CAMPAIGN, 9) == Progress(planned=2500, waiting=2500)


def test_an_audience_with_somebody_twice_is_refused_whole():
    with pytest.raises(IntegrityError):
        everybody("SELECT 1::bigint AS lead_id FROM generate_series(1, %s) n", 2)


def test_an_empty_audience_plans_nothing():
    assert everybody("SELECT 1::bigint AS lead_id WHERE %s", False) == 0


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
