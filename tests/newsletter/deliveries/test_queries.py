import itertools

import pytest

from clinic.clock import database_now
from newsletter.deliveries.models import Kind, Lane, Later, Outcome, State, Uncertain
from newsletter.deliveries.queries import progress
from tests.newsletter.deliveries import world

pytestmark = pytest.mark.django_db


def test_whatever_rows_a_delivery_has_it_is_counted_once():
    now = database_now()
    for delivery_id, (ended, doubted, waits) in zip(
        world.plan(world.leads(8)).ids, itertools.product([True, False], repeat=3), strict=True
    ):
        if ended:
            Outcome.objects.create(delivery_id=delivery_id, at=now, state=State.SUBMITTED)
        if doubted:
            Uncertain.objects.create(delivery_id=delivery_id, lane=Lane.MARKETING, since=now)
        if waits:
            Later.objects.create(delivery_id=delivery_id, lane=Lane.MARKETING, due_at=now)

    found = progress(Kind.CAMPAIGN, 7)

    assert (found.planned, found.submitted, found.uncertain, found.waiting) == (8, 4, 2, 2)
