"""What a lane's senders ask about each other and about what waits."""

import zlib

from django.db import connection

LOCK_CLASS = 0x5347
"""Advisory locks that senders share for as long as they live; the second number is the lane's."""

HEARD_OF_WITHIN = "60 seconds"


def sign_on(lane: str) -> None:
    """Have this connection counted among the lane's senders, as long as it lives: no row, nothing to clear away."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock_shared(%s, %s)", [LOCK_CLASS, _number(lane)])


def senders_alive(lane: str) -> int:
    """How many senders of this lane there are, those who wait for their turn and hold nothing too.

    This one counts in any case; others if they signed on and were heard of a moment ago: a worker whom nobody rings
    any more keeps its connection, and sends nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT 1 + count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
            WHERE l.locktype = 'advisory' AND l.classid = %s AND l.objid = %s AND l.objsubid = 2 AND l.granted
              AND l.database = a.datid AND a.datname = current_database() AND l.pid <> pg_backend_pid()
              AND greatest(a.query_start, a.state_change) > clock_timestamp() - %s::interval
            """,
            [LOCK_CLASS, _number(lane), HEARD_OF_WITHIN],
        )
        (count,) = cursor.fetchone()
    return int(count)


def _number(lane: str) -> int:
    return zlib.crc32(lane.encode()) >> 1


def seconds_to_next_moment(lane: str) -> float | None:
    """When the next mail that waits for a moment of its own is due; None if there is none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM min(due_at) - clock_timestamp())::float FROM newsletter_later"
            " WHERE lane = %s AND due_at > clock_timestamp()",
            [lane],
        )
        (seconds,) = cursor.fetchone()
    return seconds
