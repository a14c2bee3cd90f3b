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
        SELECT 'left' AS what, o.at FROM mine m JOIN newsletter_outcome o ON {within("o.delivery_id")}
        WHERE o.state = ANY(%(left)s)
        UNION ALL
        SELECT 'clicked', min(k.at) FROM mine m JOIN newsletter_click k ON {within("k.delivery_id")}
        WHERE k.label = %(person)s GROUP BY k.lead_id
        UNION ALL
        SELECT f.kind, f.at FROM mine m JOIN newsletter_fact f ON {within("f.delivery_id")}
        WHERE f.kind IN ('booked', 'unsubscribed')
    )
    SELECT date_trunc('hour', at, %(zone)s), count(*) FILTER (WHERE what = 'left'),
           count(*) FILTER (WHERE what = 'clicked'), count(*) FILTER (WHERE what = 'booked'),
           count(*) FILTER (WHERE what = 'unsubscribed')
    FROM happened GROUP BY 1 ORDER BY 1
"""  # noqa: S608
LINKS = f"""
    WITH {CHUNKS}
    SELECT coalesce(o.revision_id, v.current_id), k.link,
           count(DISTINCT k.lead_id) FILTER (WHERE k.label = %(person)s),
           count(*) FILTER (WHERE k.label = %(person)s), count(*) FILTER (WHERE k.label = 'scanner'),
           count(*) FILTER (WHERE k.label = 'unknown')
    FROM mine m JOIN newsletter_click k ON {within("k.delivery_id")}
    JOIN newsletter_delivery d ON d.id = k.delivery_id AND {within("d.id")}
    LEFT JOIN newsletter_outcome o ON o.delivery_id = k.delivery_id AND {within("o.delivery_id")}
    LEFT JOIN newsletter_variant v ON v.id = d.variant_id
    GROUP BY 1, 2
"""  # noqa: S608
EDITIONS = f"""
    WITH {CHUNKS}
    SELECT o.revision_id, sum(o.n)::bigint FROM mine m CROSS JOIN LATERAL (
        SELECT revision_id, count(*) AS n FROM newsletter_outcome
        WHERE {within("delivery_id")} AND state = ANY(%(left)s) AND revision_id IS NOT NULL GROUP BY 1
    ) o GROUP BY 1
"""  # noqa: S608
DOMAINS = f"""
    WITH {CHUNKS}, ended AS MATERIALIZED (
        SELECT o.delivery_id, o.state FROM mine m CROSS JOIN LATERAL (
            SELECT delivery_id, state FROM newsletter_outcome WHERE {within("delivery_id")} OFFSET 0
        ) o
    ), told AS MATERIALIZED (
        SELECT f.delivery_id, bool_or(f.kind = 'delivered') AS delivered, bool_or(f.kind = 'bounced') AS bounced
        FROM mine m JOIN newsletter_fact f ON {within("f.delivery_id")}
        WHERE f.kind IN ('delivered', 'bounced') GROUP BY 1
    ), chosen AS MATERIALIZED (
        SELECT DISTINCT k.delivery_id FROM mine m JOIN newsletter_click k ON {within("k.delivery_id")}
        WHERE k.label = %(person)s
    )
    SELECT lower(split_part(l.email, '@', 2)), count(*), count(*) FILTER (WHERE o.state = ANY(%(left)s)),
           count(*) FILTER (WHERE told.delivered), count(chosen.delivery_id),
           count(*) FILTER (WHERE o.state = {State.FAILED:d} OR told.bounced)
    FROM mine m JOIN newsletter_delivery d ON {within("d.id")}
    LEFT JOIN leads_lead l ON l.id = d.lead_id
    LEFT JOIN ended o ON o.delivery_id = d.id
    LEFT JOIN told ON told.delivery_id = d.id
    LEFT JOIN chosen ON chosen.delivery_id = d.id
    GROUP BY 1
"""  # noqa: S608
VARIANTS = f"""
    WITH {CHUNKS}, ended AS MATERIALIZED (
        SELECT o.delivery_id, o.state FROM mine m CROSS JOIN LATERAL (
            SELECT delivery_id, state FROM newsletter_outcome WHERE {within("delivery_id")} OFFSET 0
        ) o
    ), chosen AS MATERIALIZED (
        SELECT DISTINCT k.delivery_id FROM mine m JOIN newsletter_click k ON {within("k.delivery_id")}
        WHERE k.label = %(person)s
    ), told AS MATERIALIZED (
        SELECT f.delivery_id, bool_or(f.kind = 'booked') AS booked, bool_or(f.kind = 'unsubscribed') AS unsubscribed
        FROM mine m JOIN newsletter_fact f ON {within("f.delivery_id")}
        WHERE f.kind IN ('booked', 'unsubscribed') GROUP BY 1
    )
    SELECT d.variant_id, count(*), count(*) FILTER (WHERE o.state = ANY(%(left)s)), count(chosen.delivery_id),
           count(*) FILTER (WHERE told.booked), count(*) FILTER (WHERE told.unsubscribed)
    FROM mine m JOIN newsletter_delivery d ON {within("d.id")}
    LEFT JOIN ended o ON o.delivery_id = d.id
    LEFT JOIN told ON told.delivery_id = d.id
    LEFT JOIN chosen ON chosen.delivery_id = d.id
    GROUP BY 1 ORDER BY 1
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
