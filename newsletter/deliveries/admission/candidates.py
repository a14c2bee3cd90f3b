"""The two statements of the gate: lock the addresses, then read everything that decides.

Both take the ids of the window's deliveries, however they were chosen.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from leads.people.addresses import BUCKETS, LOCK_CLASS
from newsletter.deliveries import prepared
from newsletter.deliveries.models import CHUNK_SIZE, Kind

LOCK = f"""
    SELECT count(pg_advisory_xact_lock_shared({LOCK_CLASS}, bucket)) FROM (
        SELECT DISTINCT (get_byte(l.address_hash, 0) * 256 + get_byte(l.address_hash, 1)) %% {BUCKETS} AS bucket
        FROM unnest(%(ids)s::bigint[]) wanted (id)
        JOIN newsletter_delivery d ON d.id = wanted.id JOIN leads_lead l ON l.id = d.lead_id
        WHERE l.address_hash IS NOT NULL ORDER BY bucket OFFSET 0
    ) ordered
"""  # noqa: S608

READ = f"""
    SELECT d.id, d.kind, d.owner, d.item, d.lead_id, d.staff_id, v.current_id,
           coalesce(l.email, u.email, i.email, ''), coalesce(l.first_name, u.name, i.name, ''),
           l.address_hash, b.state, b.expires_at,
           d.lead_id IS NOT NULL AND (l.id IS NULL OR l.erased_at IS NOT NULL),
           coalesce(s.whole, false), coalesce(s.marketing, false),
           EXISTS (SELECT 1 FROM leads_consent k WHERE k.lead_id = d.lead_id
                   AND k.purpose = 'marketing' AND k.withdrawn_at IS NULL
                   AND (k.expires_at IS NULL OR k.expires_at > statement_timestamp())),
           b.topic = ANY(coalesce(l.declined_topics, '{{}}')), l.paused_until,
           d.staff_id IS NULL OR coalesce(u.is_active, true), r.reason,
           b.planned_at
    FROM unnest(%(ids)s::bigint[]) wanted (id)
    JOIN newsletter_delivery d ON d.id = wanted.id
    JOIN newsletter_chunk c ON c.id = d.id / {CHUNK_SIZE} AND d.id %% {CHUNK_SIZE} < c.size
    JOIN newsletter_batch b ON b.id = c.batch_id
    LEFT JOIN newsletter_recall r ON r.delivery_id = d.id
    LEFT JOIN newsletter_variant v ON v.id = d.variant_id
    LEFT JOIN leads_lead l ON l.id = d.lead_id
    LEFT JOIN accounts_user u ON u.id = d.staff_id
    LEFT JOIN accounts_invitation i ON d.kind = {Kind.INVITATION:d} AND i.id = d.owner
      AND i.accepted_at IS NULL AND i.expires_at > statement_timestamp()
    LEFT JOIN LATERAL (
        SELECT bool_or(scope = 'all') AS whole, bool_or(scope = 'marketing') AS marketing
        FROM newsletter_suppression x
        WHERE x.address_hash = l.address_hash AND x.lifted_at IS NULL
    ) s ON true
    WHERE NOT EXISTS (SELECT 1 FROM newsletter_outcome o WHERE o.delivery_id = d.id)
      AND NOT EXISTS (SELECT 1 FROM newsletter_uncertain q WHERE q.delivery_id = d.id)
    ORDER BY d.id
"""  # noqa: S608


class Candidate(NamedTuple):
    """One row of the window, as statement 2 read it."""

    id: int
    kind: int
    owner: int
    item: int
    lead_id: int | None
    staff_id: int | None
    revision_id: int | None
    address: str
    first_name: str
    address_hash: bytes | None
    batch_state: str
    expires_at: datetime | None
    is_erased: bool
    is_suppressed: bool
    is_suppressed_for_marketing: bool
    has_consent: bool
    declines_topic: bool
    paused_until: datetime | None
    staff_is_active: bool
    recalled: str | None
    planned_at: datetime


def lock_addresses(ids: Iterable[int]) -> None:
    """Statement 1: wait for the recipients' address locks, in order."""
    prepared.rows(LOCK, {"ids": prepared.array(ids)})


def read(ids: Iterable[int]) -> tuple[datetime, list[Candidate]]:
    """Statement 2: the rows that have not ended, with all that decides, and the clock after reading."""
    found = prepared.rows(READ, {"ids": prepared.array(ids)})
    ((now,),) = prepared.rows("SELECT clock_timestamp()", {})
    return now, [Candidate._make(row) for row in found]
