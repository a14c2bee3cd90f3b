from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import DataError, connection, connections, transaction

from newsletter.deliveries import prepared

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "words", [["", "plain", 'a "quoted" word', "back\\slash", "{,}", "NULL", " spaced ", "•\n\t"], []]
)
def test_words_come_back_as_they_were(words: list[str]) -> None:
    assert prepared.rows("SELECT %(words)s::text[]", {"words": prepared.array(words)}) == [(words,)]


def test_numbers_and_nothing_come_back_as_they_were() -> None:
    assert prepared.rows("SELECT %(ids)s::bigint[]", {"ids": prepared.array([1, None, 2**40])}) == [([1, None, 2**40],)]


def test_moments_and_nothing_come_back_as_they_were() -> None:
    noon = datetime(2027, 3, 14, 12, 0, 0, 1, tzinfo=UTC)
    moments = [
        noon,
        None,
        noon,
        noon.replace(tzinfo=ZoneInfo("America/Toronto")),
        noon.astimezone(ZoneInfo("Asia/Tokyo")),
    ]
    assert prepared.rows("SELECT %(at)s::timestamptz[]", {"at": prepared.array(moments)}) == [(moments,)]


def test_nothing_at_all_and_kinds_that_are_mixed_come_back_as_they_were() -> None:
    for values in ([], [None, None], [True, 7, None], [-3]):
        assert prepared.rows("SELECT %(ids)s::bigint[]", {"ids": prepared.array(values)}) == [(values,)]


def test_a_statement_is_prepared_once_a_connection() -> None:
    for _ in range(3):
        prepared.rows("SELECT %(n)s::int + 17", {"n": 1})

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%+ 17'")
        assert cursor.fetchone() == (1,)


def test_errors_are_those_of_django() -> None:
    with pytest.raises(DataError), transaction.atomic():
        prepared.execute("SELECT 1 / %(n)s::int", {"n": 0})


def test_nothing_runs_in_a_transaction_that_is_broken() -> None:
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(transaction.TransactionManagementError):
            prepared.execute("SELECT 1", {})


@pytest.mark.django_db(transaction=True)
def test_a_kept_connection_that_the_server_closed_is_noticed_before_the_first_question(monkeypatch) -> None:
    connection.ensure_connection()
    kept = connections["default"]
    monkeypatch.setattr(kept, "health_check_enabled", True)
    monkeypatch.setattr(kept, "health_check_done", False)
    side = connection.copy()
    with side.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
    side.close()

    assert prepared.rows("SELECT 7", {}) == [(7,)]
