"""The demo's story, told at whatever hour somebody starts it: by `make chaos`, for it takes long.

Every test run tells it once, at the hour that it is, and walks through the rooms with a browser.
"""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import Count, Q

from config.demo.seed import plot
from newsletter.models import Enrolment
from newsletter.sequences import last_mail, notices
from newsletter.sequences.distance import AT_ONCE
from newsletter.sequences.future import simulate
from newsletter.tick import due_work
from tests.browser import places

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

SUNDAY = datetime(2026, 11, 22, tzinfo=UTC)
MINUTES = (60, 540, 900, 1_239)
"""Of the day on which somebody starts it."""


@pytest.mark.parametrize("minutes", MINUTES)
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
    assert [one.enrolment.sequence.key for one in notices.waiting()] == ["sciatica"]
    assert not [way for way, late in delays(now) if late]
    assert {key: held_out > 0 for key, _version, held_out in ways()} == {"sciatica": False, "after-the-call": True}
    assert [(key, version) for key, version, _held_out in ways()] == [
        ("after-the-call", 1),
        ("sciatica", 1),
        ("sciatica", 2),
    ]


def ways() -> list[tuple[str, int, int]]:
    """In which versions of which sequences people are or were, and how many are held out."""
    found = Enrolment.objects.values_list("sequence__key", "version__number").order_by(
        "sequence__key", "version__number"
    )
    return list(found.annotate(held_out=Count("pk", filter=Q(state="held_out"))))


def delays(now: datetime) -> list[tuple[int, bool]]:
    """Who is under way, and whether they are held back because their last mail left late, by the demo's short days."""
    rows = last_mail.with_last([simulate.due(way) for way in Enrolment.objects.filter(state="active")], now)
    return [(row.id, row.left_at is not None and row.left_at - row.since > AT_ONCE) for row in rows]
