"""What a lane's senders ask about each other and about what waits."""

from django.db import connection


def senders_at_work(lane: str) -> int:
    """How many senders hold a lease of this lane."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FROM (
                SELECT lease_owner FROM newsletter_chunk
                WHERE lane = %(lane)s AND NOT done AND lease_until > clock_timestamp()
                UNION SELECT lease_owner FROM newsletter_later
                WHERE lane = %(lane)s AND lease_until > clock_timestamp()
            ) owners
            """,
            {"lane": lane},
        )
        (count,) = cursor.fetchone()
    return count


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
