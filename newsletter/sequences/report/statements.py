"""The questions behind the figures, in SQL: each is about a whole sequence, or one version of it, at once.

Nothing is kept for them: a way and a mail are written by the engine, which must not pay for who looks at them later.
"""

from newsletter.deliveries.models import Kind, State
from newsletter.sequences.models import EnrolmentState
from newsletter.tracking.models import ClickLabel, FactKind

MAILED = (int(State.SUBMITTED), int(State.CLOSED))
"""Handed over for good: the provider took it, or nobody can say that it did not."""
UNDER_WAY = (EnrolmentState.ACTIVE.value, EnrolmentState.PAUSED.value)

MINE = "e.sequence_id = %(sequence)s AND (%(versions)s::bigint[] IS NULL OR e.version_id = ANY(%(versions)s))"

ALIKE = f"""
    SELECT e.version_id, e.state, CASE WHEN e.state = 'exited' THEN e.exit_reason ELSE '' END,
           CASE WHEN e.state = 'exited' THEN e.last_key END, s.key, count(*),
           count(*) FILTER (WHERE e.enrolled_at < v.published_at), min(e.due_at), max(e.due_at),
           count(*) FILTER (WHERE e.due_at <= %(now)s)
    FROM newsletter_enrolment e
    JOIN newsletter_sequenceversion v ON v.id = e.version_id
    LEFT JOIN newsletter_step s
      ON s.version_id = e.version_id AND s.position = e.next_position AND e.state IN {UNDER_WAY}
    WHERE {MINE} GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
"""  # noqa: S608
PEOPLE = f"""
    SELECT e.version_id, count(DISTINCT e.lead_id) FILTER (WHERE e.state <> 'held_out'),
           count(DISTINCT e.lead_id) FILTER (WHERE e.state = 'held_out')
    FROM newsletter_enrolment e WHERE {MINE} GROUP BY GROUPING SETS ((e.version_id), ())
"""  # noqa: S608
"""By version, and, without one, of all of them: who was in two versions is one person."""

MAILS = f"""
    SELECT e.version_id, d.item, count(*), count(*) FILTER (WHERE o.state IN {MAILED})
    FROM newsletter_enrolment e
    JOIN newsletter_delivery d ON d.owner = e.id AND d.kind = {Kind.STEP:d}
    LEFT JOIN newsletter_outcome o ON o.delivery_id = d.id
    WHERE {MINE} GROUP BY 1, 2
"""  # noqa: S608
CLICKED = f"""
    SELECT e.version_id, d.item, count(DISTINCT e.id)
    FROM newsletter_enrolment e
    JOIN newsletter_delivery d ON d.owner = e.id AND d.kind = {Kind.STEP:d}
    JOIN newsletter_click k ON k.delivery_id = d.id AND k.label = '{ClickLabel.PERSON.value}'
    WHERE {MINE} GROUP BY GROUPING SETS ((e.version_id, d.item), (e.version_id))
"""  # noqa: S608
"""By version and step, and, without a step, how many ways had any."""
BOOKED = f"""
    SELECT e.version_id, d.item, count(DISTINCT e.id)
    FROM newsletter_enrolment e
    JOIN newsletter_delivery d ON d.owner = e.id AND d.kind = {Kind.STEP:d}
    JOIN newsletter_fact f ON f.delivery_id = d.id AND f.kind = '{FactKind.BOOKED.value}'
    WHERE {MINE} GROUP BY GROUPING SETS ((e.version_id, d.item), (e.version_id))
"""  # noqa: S608

SPANS = f"""
    WITH mine AS (
        SELECT e.id, e.enrolled_at FROM newsletter_enrolment e WHERE {MINE} AND e.id %% %(every)s = 0
    ), gone AS (
        SELECT d.item, o.at - lag(o.at, 1, mine.enrolled_at) OVER (PARTITION BY d.owner ORDER BY o.at, d.id) AS span
        FROM mine
        JOIN newsletter_delivery d ON d.owner = mine.id AND d.kind = {Kind.STEP:d}
        JOIN newsletter_outcome o ON o.delivery_id = d.id AND o.state IN {MAILED}
    )
    SELECT item, count(*), percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY span)
    FROM gone GROUP BY 1 ORDER BY 1
"""  # noqa: S608
"""From the way's mail before, or from its beginning, to this one: a quarter, half and three quarters took less."""
