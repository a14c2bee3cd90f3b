"""Which frozen revisions somebody may have in their mailbox: what those show must stay where it is."""

from collections.abc import Collection

from django.db import connection

from newsletter.deliveries.models import CHUNK_SIZE, State

LEFT = f"""
    WITH doubtful AS (
        SELECT delivery.variant_id FROM newsletter_chunk chunk
        JOIN newsletter_delivery delivery
            ON delivery.id >= chunk.id * {CHUNK_SIZE} AND delivery.id < chunk.id * {CHUNK_SIZE} + chunk.mark
        LEFT JOIN newsletter_outcome outcome ON outcome.delivery_id = delivery.id
        WHERE NOT chunk.done AND chunk.mark > 0 AND outcome.delivery_id IS NULL
        UNION SELECT delivery.variant_id FROM newsletter_later later
        JOIN newsletter_delivery delivery ON delivery.id = later.delivery_id WHERE later.marked_at IS NOT NULL
        UNION SELECT delivery.variant_id FROM newsletter_uncertain
        JOIN newsletter_delivery delivery ON delivery.id = newsletter_uncertain.delivery_id
        UNION SELECT delivery.variant_id FROM newsletter_outcome outcome
        JOIN newsletter_delivery delivery ON delivery.id = outcome.delivery_id
        WHERE outcome.revision_id IS NULL AND outcome.state = ANY(%(gone)s)
    )
    SELECT DISTINCT revision_id FROM newsletter_outcome
        WHERE revision_id = ANY(%(asked)s) AND state = ANY(%(gone)s)
    UNION SELECT id FROM newsletter_compiledemail
        WHERE id = ANY(%(asked)s) AND variant_id IN (SELECT variant_id FROM doubtful)
"""  # noqa: S608
GONE = [State.SUBMITTED.value, State.CLOSED.value]


def left(revisions: Collection[int]) -> set[int]:
    """Those of these that left, or may have: a mail of which nobody knows the revision may be any of its variant's."""
    with connection.cursor() as cursor:
        cursor.execute(LEFT, {"asked": list(revisions), "gone": GONE})
        return {row[0] for row in cursor.fetchall()}
