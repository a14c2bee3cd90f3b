"""What the wire would have done: mails that were due are submitted seconds later."""

from datetime import datetime

from django.db import connection

from newsletter.deliveries.models import CHUNK_SIZE, Delivery, Kind, State


def submit_due(now: datetime) -> list[tuple[int, int, datetime]]:
    """Write down every due, open delivery as submitted: (delivery, kind, at) of each."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH due AS (
                UPDATE newsletter_chunk SET mark = size, done = true
                WHERE NOT done AND due_at <= %s RETURNING id, due_at
            ), gone AS (
                INSERT INTO newsletter_outcome (delivery_id, at, state, revision_id, reason, provider_id)
                SELECT d.id, due.due_at + interval '2 seconds' + (d.id %% 5) * interval '1 second',
                       {State.SUBMITTED:d}, v.current_id, '', ''
                FROM due JOIN newsletter_delivery d
                  ON d.id >= due.id * {CHUNK_SIZE} AND d.id < (due.id + 1) * {CHUNK_SIZE}
                JOIN newsletter_variant v ON v.id = d.variant_id
                ON CONFLICT (delivery_id) DO NOTHING RETURNING delivery_id, at
            )
            SELECT gone.delivery_id, d.kind, gone.at FROM gone JOIN newsletter_delivery d ON d.id = gone.delivery_id
            ORDER BY gone.delivery_id
            """,  # noqa: S608
            [now],
        )
        return cursor.fetchall()


def forget_delays() -> None:
    """The story's clock looks every few hours only: that a mail left later for it holds nobody's next one back."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE newsletter_enrolment e SET since = o.at
            FROM newsletter_delivery d JOIN newsletter_outcome o ON o.delivery_id = d.id
            WHERE d.kind = {Kind.STEP:d} AND d.owner = e.id AND d.item = e.last_key
              AND o.state = {State.SUBMITTED:d} AND o.at > e.since
            """  # noqa: S608
        )


def is_of_the_course(delivery_id: int) -> bool:
    return Delivery.objects.filter(pk=delivery_id, kind=Kind.STEP).exists()


def doubt(delivery_id: int, *, since: datetime) -> None:
    """Let this mail be one of which nobody knows whether it left."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM newsletter_outcome WHERE delivery_id = %s", [delivery_id])
        cursor.execute(
            "INSERT INTO newsletter_uncertain (delivery_id, lane, since, attempt, lease_owner, why)"
            " VALUES (%s, 'marketing', %s, 0, '', 'dot: the connection was lost before the answer came')",
            [delivery_id, since],
        )
