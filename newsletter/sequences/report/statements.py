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
    SELECT e.version_id, d.item, count(*), count(*) FILTER (WHERE o.state IN {MAILED}),
           count(*) FILTER (WHERE o.state = {State.EXPIRED:d})
    FROM newsletter_enrolment e
    JOIN newsletter_delivery d ON d.owner = e.id AND d.kind = {Kind.STEP:d}
    LEFT JOIN newsletter_outcome o ON o.delivery_id = d.id
    WHERE {MINE} AND e.state <> 'held_out' AND d.item >= 0 GROUP BY 1, 2
"""  # noqa: S608
"""Without the mails that gave up their name before they left: the step is planned anew for these ways, or ahead.

Who is held out did not enter, though mails may count as theirs since two people became one. So it is in what follows.
"""
CAME_BACK = f"""
    SELECT b.what, e.version_id, d.item, count(DISTINCT e.id)
    FROM (
        SELECT delivery_id, 'clicked' AS what FROM newsletter_click WHERE label = '{ClickLabel.PERSON.value}'
        UNION ALL SELECT delivery_id, 'booked' FROM newsletter_fact WHERE kind = '{FactKind.BOOKED.value}'
    ) b
    JOIN newsletter_delivery d ON d.id = b.delivery_id AND d.kind = {Kind.STEP:d}
    JOIN newsletter_enrolment e ON e.id = d.owner AND e.state <> 'held_out'
    WHERE {MINE} GROUP BY GROUPING SETS ((b.what, e.version_id, d.item), (b.what, e.version_id))
"""  # noqa: S608
"""Clicked and booked, by version and step, and, without a step, how many ways had any."""

SPANS = f"""
    WITH mine AS (
        SELECT e.id, e.enrolled_at FROM newsletter_enrolment e
        WHERE {MINE} AND e.state <> 'held_out' AND e.id %% %(every)s = 0
    ), gone AS (
        SELECT d.item, o.at - lag(o.at, 1, mine.enrolled_at) OVER (PARTITION BY d.owner ORDER BY o.at, d.id) AS span
        FROM mine
        JOIN newsletter_delivery d ON d.owner = mine.id AND d.kind = {Kind.STEP:d}
        JOIN newsletter_outcome o ON o.delivery_id = d.id AND o.state IN {MAILED}
    )
    SELECT item, count(*), percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY span)
    FROM gone WHERE span >= interval '0' GROUP BY 1 ORDER BY 1
"""  # noqa: S608
"""From the way's mail before, or from its beginning, to this one: a quarter, half and three quarters took less.

What left before the way began is another's mail, which counts as theirs since two people became one.
"""
