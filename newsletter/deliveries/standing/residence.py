"""Where the database lives: what it remembers of its server and its address, against what is so now.

A copy of the database remembers another server (a dump restored anywhere has new relations, a cloned cluster that was
set up anew has another system identifier), and a copy of the whole site has another PUBLIC_URL. A container that is
made anew with the same data differs in nothing that is looked at here. Two copies cannot be told apart from here: one
of the files of a running server that comes up under the same PUBLIC_URL, except by its timeline; and pg_upgrade,
which makes a new cluster, is taken for a copy. The demo remembers nothing: its mail never leaves the machine.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection

from newsletter.deliveries.standing.models import Residence

HERE = """
    {cluster}, (SELECT oid::bigint FROM pg_database WHERE datname = current_database()),
    'newsletter_residence'::regclass::oid::bigint
"""
TIMELINE = "left(pg_walfile_name(pg_current_wal_lsn()), 8)"


@dataclass(frozen=True, slots=True)
class Move:
    """What is not as it was remembered: whether this is another place, or the same one on another timeline."""

    is_elsewhere: bool
    differences: tuple[str, ...]


def differs() -> str:
    """The condition, in SQL, that the database is not where it remembers to be; takes %(public_url)s.

    Never so in the demo, whatever a process without DEMO may have noted in its database.
    """
    if settings.DEMO:
        return "false"
    return f"""
        EXISTS (SELECT 1 FROM newsletter_residence r
                WHERE (r.cluster, r.database, r.relation, r.timeline, r.public_url)
                      IS DISTINCT FROM ({_here()}, {_timeline()}, %(public_url)s::text))
    """  # noqa: S608


def move() -> Move | None:
    """How the place differs from the remembered one; None when it does not, when nothing is remembered, in the demo."""
    if settings.DEMO:
        return None
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_here()}, {_timeline()}")
        cluster, database, relation, timeline = cursor.fetchone()
    known = Residence.objects.first()
    if known is None:
        return None
    elsewhere = [
        words
        for is_so, words in (
            (known.cluster != cluster, "another database server"),
            (known.database != database, "another database"),
            (known.relation != relation, "restored from a dump"),
            (known.public_url != settings.PUBLIC_URL, f"{known.public_url} before, {settings.PUBLIC_URL} now"),
        )
        if is_so
    ]
    if elsewhere:
        return Move(is_elsewhere=True, differences=tuple(elsewhere))
    return Move(is_elsewhere=False, differences=()) if known.timeline != timeline else None


def remember(*, anew: bool) -> None:
    """Note where the database lives; `anew` also where something else was noted before. The demo notes nothing."""
    if settings.DEMO:
        return
    conflict = (
        """DO UPDATE SET cluster = EXCLUDED.cluster, database = EXCLUDED.database, relation = EXCLUDED.relation,
           timeline = EXCLUDED.timeline, public_url = EXCLUDED.public_url, since = EXCLUDED.since"""
        if anew
        else "DO NOTHING"
    )
    values: dict[str, Any] = {"public_url": settings.PUBLIC_URL}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO newsletter_residence (id, cluster, database, relation, timeline, public_url, since)
            SELECT 1, {_here()}, {_timeline()}, %(public_url)s, clock_timestamp()
            ON CONFLICT (id) {conflict}
            """,
            values,
        )


@cache
def _here() -> str:
    """What tells this place from others; some hosts keep the system identifier to themselves, then the rest must do."""
    may_ask = _may_call("pg_control_system()")
    return HERE.format(cluster="(SELECT system_identifier::text FROM pg_control_system())" if may_ask else "''")


@cache
def _timeline() -> str:
    """What tells that the server went on from a backup; nothing does where the host keeps its log to itself."""
    return TIMELINE if _may_call("pg_current_wal_lsn()") and _may_call("pg_walfile_name(pg_lsn)") else "''"


def _may_call(function: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_function_privilege(%s, 'execute')", [function])
        (may,) = cursor.fetchone()
    return bool(may)
