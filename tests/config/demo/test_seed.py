"""The demo's story, told at whatever hour somebody starts it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from config.demo.seed import plot
from newsletter.tick import due_work
from tests.browser import places

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

SUNDAY = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize("minutes", [60, 1_239])
def test_every_room_has_something_to_show_and_keeps_it_through_a_tick(minutes: int) -> None:
    now = SUNDAY + timedelta(minutes=minutes)
    plot.play(now=now, owner_email="owner@meridian.example")

    for work in due_work():
        work(now)
    with connection.cursor() as cursor:
        empty = []
        for room, statement in places.OBJECTS.items():
            cursor.execute(statement)
            empty += [room] if cursor.fetchone() is None else []
    assert empty == []
