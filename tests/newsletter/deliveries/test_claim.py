"""What a claim and a tick read does not grow with what waits for later."""

import pytest
from django.db import connection

from newsletter.deliveries import claim, queries
from newsletter.deliveries.models import Lane

pytestmark = pytest.mark.django_db
MANY = 5_000


@pytest.fixture
def many_wait_for_later():
    """As behind a mailbox provider that takes few mails a second."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO newsletter_later (delivery_id, lane, due_at, attempt, reason, fence, lease_owner)"
            " SELECT one, 'marketing', clock_timestamp() + interval '1 hour' + one * interval '1 second', 0, '', 0, ''"
            " FROM generate_series(1, %s) one",
            [MANY],
        )
        cursor.execute("ANALYZE newsletter_later")


def rows_read() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables"
            " WHERE relname = 'newsletter_later'"
        )
        (count,) = cursor.fetchone()
    return int(count)


def claims() -> bool:
    return claim.next_lease(Lane.MARKETING, owner="me", window=100) is not None


def asks_whether_to_ring() -> bool:
    return queries.is_due(Lane.MARKETING)


@pytest.mark.parametrize("look", [claims, asks_whether_to_ring])
def test_of_what_is_due_later_next_to_nothing_is_read(many_wait_for_later, look):
    before = rows_read()

    assert look() is False

    assert rows_read() - before < MANY / 100
