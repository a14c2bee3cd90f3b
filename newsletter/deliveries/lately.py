"""How much marketing mail people got lately and are about to get: what the clinic's frequency cap counts.

A mail counts from being planned until `span` after it left: planned and not ended, submitted, or perhaps left. Whoever
plans marketing mail looks here first, under `lock`: so nothing that is planned later brings a person over the cap, and
nothing need be counted again when a mail leaves.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from clinic import queries as clinic
from leads.segments.registry import Fragment
from newsletter.deliveries import prepared
from newsletter.deliveries.models import CHUNK_SIZE, BatchState, Kind, Lane, State

LOCK = 0x434150
"""The advisory lock under which marketing mail is planned: two plans must not both find room for one more."""

MAY_LEAVE = f"""(batch.expires_at IS NULL OR batch.expires_at > %s
    OR batch.kind = {Kind.STEP:d} AND batch.state = '{BatchState.PAUSED.value}')"""
"""What a sequence has planned leaves after its pause, however long that is; a campaign's is too late then."""
LEFT = f"({State.SUBMITTED:d}, {State.CLOSED:d})"
COUNTED = f"({Kind.CAMPAIGN:d}, {Kind.STEP:d})"

FULL = f"""
    SELECT lead_id FROM (
        SELECT delivery.lead_id, delivery.kind FROM (
            SELECT delivery_id FROM newsletter_outcome WHERE at > %s AND state IN {LEFT}
            UNION ALL
            SELECT delivery_id FROM newsletter_uncertain WHERE since > %s
        ) gone JOIN newsletter_delivery delivery ON delivery.id = gone.delivery_id
        UNION ALL
        SELECT delivery.lead_id, delivery.kind FROM newsletter_later later
        JOIN newsletter_delivery delivery ON delivery.id = later.delivery_id
        JOIN newsletter_chunk chunk ON chunk.id = later.delivery_id / {CHUNK_SIZE} AND chunk.done
        JOIN newsletter_batch batch ON batch.id = chunk.batch_id AND {MAY_LEAVE}
        WHERE later.lane = '{Lane.MARKETING.value}'
        UNION ALL
        SELECT planned.lead_id, planned.kind FROM newsletter_chunk chunk
        JOIN newsletter_batch batch ON batch.id = chunk.batch_id AND {MAY_LEAVE}
        JOIN newsletter_delivery planned
          ON planned.id >= chunk.id * {CHUNK_SIZE} AND planned.id < chunk.id * {CHUNK_SIZE} + chunk.size
        WHERE NOT chunk.done AND chunk.lane = '{Lane.MARKETING.value}'
          AND NOT EXISTS (SELECT 1 FROM newsletter_outcome ended WHERE ended.delivery_id = planned.id)
          AND NOT EXISTS (SELECT 1 FROM newsletter_uncertain doubt WHERE doubt.delivery_id = planned.id)
    ) counted
    WHERE kind IN {COUNTED} AND lead_id IS NOT NULL
    GROUP BY lead_id HAVING count(*) >= %s
"""  # noqa: S608

MOMENTS = f"""
    SELECT delivery.lead_id, delivery.kind, coalesce(outcome.at, doubt.since),
           coalesce(outcome.at, doubt.since, later.due_at, chunk.due_at)
    FROM newsletter_delivery delivery
    LEFT JOIN newsletter_outcome outcome ON outcome.delivery_id = delivery.id
    LEFT JOIN newsletter_uncertain doubt ON doubt.delivery_id = delivery.id
    LEFT JOIN newsletter_later later ON later.delivery_id = delivery.id
    LEFT JOIN newsletter_chunk chunk ON chunk.id = delivery.id / {CHUNK_SIZE}
    LEFT JOIN newsletter_batch batch ON batch.id = chunk.batch_id
    WHERE delivery.lead_id = ANY((SELECT %s::bigint[])::bigint[]) AND delivery.kind IN {COUNTED}
      AND CASE WHEN outcome.delivery_id IS NOT NULL THEN outcome.state IN {LEFT} AND outcome.at > %s
               WHEN doubt.delivery_id IS NOT NULL THEN doubt.since > %s
               ELSE {MAY_LEAVE} END
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so many mails a person in so long."""

    mails: int
    span: timedelta


@dataclass(slots=True)
class Lately:
    """One person's mails that count: when each left, or now where it is still to leave.

    `campaigns` are the moments of those that are campaigns': when each left, or is due.
    """

    moments: list[datetime] = field(default_factory=list)
    campaigns: list[datetime] = field(default_factory=list)

    def room_at(self, cap: Cap, now: datetime) -> datetime:
        """From when on there is room for one more."""
        over = len(self.moments) - cap.mails
        return max(sorted(self.moments)[over] + cap.span, now) if over >= 0 else now


def cap() -> Cap:
    """The clinic's; in the demo, whose days are short, its days are too."""
    profile = clinic.profile()
    seconds = settings.SEQUENCE_DAY_SECONDS
    day = timedelta(days=1) if seconds is None else timedelta(seconds=seconds)
    return Cap(profile.cap_mails, profile.cap_days * day)


def lock() -> None:
    """Until this transaction ends nobody else plans marketing mail; taken after every other lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def wait() -> None:
    """Let whoever plans marketing mail commit first; until this transaction ends nobody else begins to.

    For who takes away, not for who plans; asked for after every other lock, too.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK])


def full(cap: Cap, now: datetime) -> Fragment:
    """The query of one column, `lead_id`: everybody for whom one more would be too many."""
    since = now - cap.span
    return Fragment(FULL, [since, since, now, now, cap.mails])


def of(lead_ids: Collection[int], cap: Cap, now: datetime) -> defaultdict[int, Lately]:
    """What counts for each of these people; an empty one for who got nothing."""
    found: defaultdict[int, Lately] = defaultdict(Lately)
    since = now - cap.span
    with connection.cursor() as cursor:
        cursor.execute(MOMENTS, [prepared.array(lead_ids), since, since, now])
        for lead_id, kind, left_at, due_at in cursor.fetchall():
            found[lead_id].moments.append(left_at or now)
            if kind == Kind.CAMPAIGN and due_at is not None:
                found[lead_id].campaigns.append(due_at)
    return found
