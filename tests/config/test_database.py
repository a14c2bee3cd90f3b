"""What keeps a connection to the database from being kept when nobody is at its other end."""

import select
from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper


@pytest.mark.django_db
def test_a_database_that_is_suddenly_out_of_reach_is_noticed() -> None:
    with connection.cursor() as cursor:
        told = cursor.connection.info.get_parameters()

    assert {name: told.get(name) for name in ("connect_timeout", "keepalives_idle", "tcp_user_timeout")} == {
        "connect_timeout": "10",
        "keepalives_idle": "30",
        "tcp_user_timeout": "30000",
    }


@pytest.fixture
def kept(transactional_db: None) -> Iterator[BaseDatabaseWrapper]:
    """A connection of its own that is in use, as a web process keeps one."""
    made = connection.copy()
    made.ensure_connection()
    yield made
    made.close()


def test_a_kept_connection_is_found_well_without_a_question(kept) -> None:
    with kept.cursor() as cursor:
        cursor.execute("SELECT 'the last question'")

    assert kept.is_usable()

    assert last_question_of(kept) == "SELECT 'the last question'"


def test_a_connection_whose_server_has_hung_up_is_not_used_again(kept) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [kept.connection.info.backend_pid])

    assert not kept.is_usable()


def test_a_connection_on_which_something_lies_is_asked(kept) -> None:
    with kept.cursor() as cursor:
        cursor.execute("LISTEN news")
    with connection.cursor() as cursor:
        cursor.execute("NOTIFY news")
    wait_until_something_lies_on(kept)

    assert kept.is_usable()


def test_a_closed_connection_is_not_usable(kept) -> None:
    kept.connection.close()

    assert not kept.is_usable()


def last_question_of(kept: BaseDatabaseWrapper) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [kept.connection.info.backend_pid])
        return cursor.fetchone()[0]


def wait_until_something_lies_on(kept: BaseDatabaseWrapper) -> None:
    assert select.select([kept.connection.fileno()], [], [], 10)[0]
