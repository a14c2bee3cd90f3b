"""Statements of the hot path: PostgreSQL plans each once per connection, not at every run.

Planning the gate's two statements costs three times what running them costs. Parameters are bound by the server,
so a statement is written with casts (`%(ids)s::bigint[]`), and arrays are handed over as text: written out by
`array` they cost a tenth of what the driver's own way costs.

A statement that is not prepared says `ANY((SELECT %s::bigint[])::bigint[])`: PostgreSQL then looks each one up in the
index. Shown a thousand numbers it weighs each of them, and may read whole tables for them.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, LiteralString

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections

Row = tuple[Any, ...]

NUMBERS, MOMENTS = {int, type(None)}, {datetime, type(None)}


def execute(statement: LiteralString, params: dict[str, Any]) -> int:
    """Run it and return how many rows it touched; raises what Django raises."""
    return _run(statement, params).rowcount


def rows(statement: LiteralString, params: dict[str, Any]) -> list[Row]:
    """Run it and return all its rows; raises what Django raises."""
    return _run(statement, params).fetchall()


def array(values: Iterable[object]) -> str:
    """An array as PostgreSQL reads it, None as NULL; to be cast where it stands."""
    found = list(values)
    kinds = set(map(type, found))
    if kinds <= NUMBERS:
        return "{" + str(found)[1:-1].replace("None", "NULL") + "}"
    if kinds <= MOMENTS:  # many of them are one: a tick puts most people before the same moment
        written = {value: _element(value) for value in set(found)}
        return "{" + ",".join([written[value] for value in found]) + "}"
    return "{" + ",".join([_element(value) for value in found]) + "}"


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


def _run(statement: LiteralString, params: dict[str, Any]) -> psycopg.Cursor[Row]:
    """By a cursor of the driver's that binds on the server, on Django's connection and with Django's errors."""
    here = connections[DEFAULT_DB_ALIAS]  # looked up once: each use of `connection` looks it up anew
    here.close_if_health_check_failed()
    here.ensure_connection()
    here.validate_no_broken_transaction()
    with here.wrap_database_errors:
        return psycopg.Cursor(here.connection).execute(statement, params, prepare=True)
