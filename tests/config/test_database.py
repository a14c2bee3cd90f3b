"""What keeps a connection to the database that swallows everything from going unnoticed."""

import pytest
from django.db import connection


@pytest.mark.django_db
def test_a_database_that_is_suddenly_out_of_reach_is_noticed() -> None:
    with connection.cursor() as cursor:
        told = cursor.connection.info.get_parameters()

    assert {name: told.get(name) for name in ("connect_timeout", "keepalives_idle", "tcp_user_timeout")} == {
        "connect_timeout": "10",
        "keepalives_idle": "30",
        "tcp_user_timeout": "30000",
    }
