"""The questions behind the numbers, in SQL.

A campaign's deliveries lie in its chunks, and a delivery's id says its chunk; so everything here reads ranges of ids,
and costs as much for a campaign of yesterday as for one of three years ago.
"""

from newsletter.deliveries.models import CHUNK_SIZE, State
from newsletter.tracking.models import ClickLabel

LEFT = (int(State.SUBMITTED), int(State.CLOSED))
"""Handed over for good: the provider took it, or nobody can say that it did not."""
PERSON = ClickLabel.PERSON.value

CHUNKS = """
    mine AS MATERIALIZED (
        SELECT c.id, b.owner_id AS campaign FROM newsletter_batch b JOIN newsletter_chunk c ON c.batch_id = b.id
        WHERE b.kind = %(kind)s AND b.owner_id = ANY(%(owners)s)
    )
"""


def within(row: str) -> str:
    """That this column of delivery ids lies in the chunk `m`."""
    return f"{row} >= m.id * {CHUNK_SIZE} AND {row} < (m.id + 1) * {CHUNK_SIZE}"


FACTS = f"""
    WITH {CHUNKS} SELECT f.kind, count(*) FROM mine m JOIN newsletter_fact f ON {within("f.delivery_id")} GROUP BY 1
"""  # noqa: S608
CLICKS = f"""
    WITH {CHUNKS}
    SELECT count(DISTINCT k.lead_id) FILTER (WHERE k.label = %(person)s), count(*) FILTER (WHERE k.label = %(person)s),
           count(*) FILTER (WHERE k.label = 'scanner'), count(*) FILTER (WHERE k.label = 'unknown')
    FROM mine m JOIN newsletter_click k ON {within("k.delivery_id")}
"""  # noqa: S608
HOURS = f"""
    WITH {CHUNKS}, happened AS (
        SELECT 'left' AS what, o.at, o.n FROM mine m CROSS JOIN LATERAL (
            SELECT date_bin('15 minutes', at, 'epoch') AS at, count(*) AS n FROM newsletter_outcome
            WHERE {within("delivery_id")} AND state = ANY(%(left)s) GROUP BY 1
        ) o
        UNION ALL
        SELECT 'clicked', k.at, 1 FROM mine m CROSS JOIN LATERAL (
            SELECT min(at) AS at FROM newsletter_click
            WHERE {within("delivery_id")} AND label = %(person)s GROUP BY delivery_id
        ) k
        UNION ALL
        SELECT f.kind, f.at, 1 FROM mine m CROSS JOIN LATERAL (
            SELECT kind, at FROM newsletter_fact
            WHERE {within("delivery_id")} AND kind IN ('booked', 'unsubscribed') OFFSET 0
        ) f
    )
    SELECT date_trunc('hour', at, %(zone)s), coalesce(sum(n) FILTER (WHERE what = 'left'), 0)::bigint,
           count(*) FILTER (WHERE what = 'clicked'), count(*) FILTER (WHERE what = 'booked'),
           count(*) FILTER (WHERE what = 'unsubscribed')
    FROM happened GROUP BY 1 ORDER BY 1
"""  # noqa: S608
"""No zone is apart from another by less than a quarter of an hour, and counting these first costs a tenth."""
LINKS = f"""
    WITH {CHUNKS}
    SELECT revision, link, count(DISTINCT lead_id) FILTER (WHERE label = %(person)s),
           count(*) FILTER (WHERE label = %(person)s), count(*) FILTER (WHERE label = 'scanner'),
           count(*) FILTER (WHERE label = 'unknown')
    FROM (
        SELECT k.link, k.lead_id, k.label, coalesce(
                   (SELECT revision_id FROM newsletter_outcome o WHERE o.delivery_id = k.delivery_id),
                   (SELECT v.current_id FROM newsletter_delivery d JOIN newsletter_variant v ON v.id = d.variant_id
                    WHERE d.id = k.delivery_id)) AS revision
        FROM mine m JOIN newsletter_click k ON {within("k.delivery_id")}
    ) followed GROUP BY 1, 2
"""  # noqa: S608
"""Clicks are few, so each looks its mail up by the key; joined as tables, all mails there ever were are read."""
ONE_BY_ONE = f"""
    SELECT d.lead_id, d.variant_id, o.state, o.revision_id, k.clicked, f.delivered, f.bounced, f.booked, f.unsubscribed
    FROM (SELECT id, lead_id, variant_id FROM newsletter_delivery WHERE {within("id")} OFFSET 0) d
    LEFT JOIN (
        SELECT delivery_id, state, revision_id FROM newsletter_outcome WHERE {within("delivery_id")} OFFSET 0
    ) o ON o.delivery_id = d.id
    LEFT JOIN (
        SELECT DISTINCT delivery_id, true AS clicked FROM newsletter_click
        WHERE {within("delivery_id")} AND label = %(person)s
    ) k ON k.delivery_id = d.id
    LEFT JOIN (
        SELECT delivery_id, bool_or(kind = 'delivered') AS delivered, bool_or(kind = 'bounced') AS bounced,
               bool_or(kind = 'booked') AS booked, bool_or(kind = 'unsubscribed') AS unsubscribed
        FROM newsletter_fact WHERE {within("delivery_id")} GROUP BY 1
    ) f ON f.delivery_id = d.id
    OFFSET 0
"""  # noqa: S608
"""What became of each mail of the chunk `m`. A chunk's thousand rows are joined in memory; a campaign's are not."""
GROUPS = f"""
    WITH {CHUNKS}
    SELECT split_part(l.email, '@', 2), variant_id, revision_id,
           count(*), count(*) FILTER (WHERE state = ANY(%(left)s)), count(*) FILTER (WHERE delivered), count(clicked),
           count(*) FILTER (WHERE state = {State.FAILED:d} OR bounced), count(*) FILTER (WHERE booked),
           count(*) FILTER (WHERE unsubscribed)
    FROM (SELECT one.* FROM mine m CROSS JOIN LATERAL ({ONE_BY_ONE}) one OFFSET 0) one
    LEFT JOIN leads_lead l ON l.id = one.lead_id
    GROUP BY 1, 2, 3
"""  # noqa: S608
SUMS = f"""
    WITH {CHUNKS}, mailed AS (
        SELECT m.campaign, coalesce(sum(t.submitted + t.closed), 0) + coalesce(sum(live.n), 0) AS n
        FROM mine m LEFT JOIN newsletter_tally t ON t.chunk_id = m.id
        LEFT JOIN LATERAL (
            SELECT count(*) AS n FROM newsletter_outcome o
            WHERE {within("o.delivery_id")} AND o.state = ANY(%(left)s) AND t.chunk_id IS NULL
        ) live ON true
        GROUP BY 1
    ), clicked AS (
        SELECT m.campaign, count(DISTINCT k.lead_id) AS n FROM mine m JOIN newsletter_click k
            ON {within("k.delivery_id")} WHERE k.label = %(person)s GROUP BY 1
    ), told AS (
        SELECT m.campaign, sum(f.booked)::bigint AS booked, sum(f.unsubscribed)::bigint AS unsubscribed
        FROM mine m CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE kind = 'booked') AS booked,
                   count(*) FILTER (WHERE kind = 'unsubscribed') AS unsubscribed
            FROM newsletter_fact WHERE {within("delivery_id")} AND kind IN ('booked', 'unsubscribed')
        ) f GROUP BY 1
    )
    SELECT campaign, mailed.n::bigint, coalesce(clicked.n, 0), coalesce(told.booked, 0), coalesce(told.unsubscribed, 0)
    FROM mailed LEFT JOIN clicked USING (campaign) LEFT JOIN told USING (campaign)
"""  # noqa: S608
