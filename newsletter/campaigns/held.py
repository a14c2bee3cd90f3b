"""Mails that are held until something is known: what the first few brought, or which wording is the better one.

A batch is held by a due time that never comes. Let go, those that were to arrive at a time of their reader's day still
do, and the hours between the mails of one that is spread stay; their time to live begins then.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from clinic import queries as clinic
from newsletter.campaigns.audience.planning import EXPIRES
from newsletter.campaigns.experiments.states import let_go
from newsletter.campaigns.models import Campaign, Timing
from newsletter.deliveries.models import Kind

HELD = """
    SELECT DISTINCT c.batch_id, c.due_at FROM newsletter_chunk c JOIN newsletter_batch b ON b.id = c.batch_id
    WHERE b.kind = %s AND b.owner_id = %s AND c.due_at >= %s AND NOT c.done
"""
RELEASE = """
    WITH let_go AS (
        SELECT * FROM unnest(%(batches)s::bigint[], %(dues)s::timestamptz[]) let_go (batch_id, due_at)
    ), due AS (
        UPDATE newsletter_chunk c SET due_at = let_go.due_at FROM let_go
        WHERE c.batch_id = let_go.batch_id AND NOT c.done
    )
    UPDATE newsletter_batch b SET expires_at = let_go.due_at + %(lasts)s FROM let_go WHERE b.id = let_go.batch_id
"""


def release(campaign: Campaign, *, since: datetime, hold: timedelta, at: datetime) -> None:
    """Whatever is due from `since` on was held by adding `hold`, and is due `at` this time or later."""
    with connection.cursor() as cursor:
        cursor.execute(HELD, [Kind.CAMPAIGN, campaign.pk, since])
        meant = {batch: due_at - hold for batch, due_at in cursor.fetchall()}
        by_zone = campaign.timing == Timing.LEAD_ZONE
        dues = let_go(meant.values(), at=at, by_zone=by_zone, home=clinic.zone())
        leave_at = [dues[moment] for moment in meant.values()]
        values: dict[str, Any] = {"batches": list(meant), "dues": leave_at, "lasts": EXPIRES}
        cursor.execute(RELEASE, values)
