"""Statements of the hot path: PostgreSQL plans each once per connection, not at every run.

Planning the gate's two statements costs three times what running them costs. Parameters are bound by the server,
so a statement is written with casts (`%(ids)s::bigint[]`), and arrays are handed over as text: written out by
`array` they cost a tenth of what the driver's own way costs.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, LiteralString

import psycopg
from django.db import connection

Row = tuple[Any, ...]


def execute(statement: LiteralString, params: dict[str, Any]) -> int:
    """Run it and return how many rows it touched; raises what Django raises."""
    with _cursor() as cursor:
        return cursor.execute(statement, params, prepare=True).rowcount


def rows(statement: LiteralString, params: dict[str, Any]) -> list[Row]:
    """Run it and return all its rows; raises what Django raises."""
    with _cursor() as cursor:
        return cursor.execute(statement, params, prepare=True).fetchall()


def array(values: Iterable[object]) -> str:
    """An array as PostgreSQL reads it, None as NULL; to be cast where it stands."""
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _element(value: object) -> str:
    kind = type(value)
    if kind is int:
        return str(value)
    if kind is datetime:
        return f'"{value}"'
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(int(value))
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


@contextmanager
def _cursor() -> Iterator[psycopg.Cursor[Row]]:
    """A cursor of the driver's that binds on the server, on Django's connection and with Django's errors."""
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        yield cursor
