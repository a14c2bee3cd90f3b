"""How a way begins: for whom it may, whether it may again, and who is held out to compare with.

Only who agreed to be mailed, can be mailed, is no patient, and did not decline the topic comes in.
The same person may be asked for twice at once: the database lets one of the two begin.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import connection, transaction

from leads.people.models import LeadStatus
from leads.segments import queries as segments
from leads.segments.registry import Unanswerable
from newsletter.deliveries import prepared
from newsletter.sequences import arriving, models, walk
from newsletter.sequences.almanac import current
from newsletter.sequences.models import EnrolmentState
from newsletter.sequences.plan.document import Again, Event, EventKind, Plan, Trigger, TriggerKind
from newsletter.sequences.plan.reading import read
from newsletter.sequences.schedule import zone_of

log = logging.getLogger(__name__)

PLANLESS = Plan(Trigger(TriggerKind.CONSENT), goal=Event(EventKind.BOOKED))

NO_OCCASION = -1
"""Of which nobody has a way: whoever may be mailed at all is welcome, however often they were here."""


class WhyNot(StrEnum):
    """Why somebody does not begin: they may not be mailed this, are in it, had it, or an entry condition fails."""

    MAY_NOT = "may_not"
    UNDER_WAY = "under_way"
    NOT_AGAIN = "not_again"
    NOT_FITTING = "not_fitting"


WELCOME = """
    SELECT l.id, l.time_zone, k.id, coalesce(before.turns, 0)
    FROM leads_lead l
    JOIN LATERAL (
        SELECT id FROM leads_consent k WHERE k.lead_id = l.id AND k.purpose = 'marketing' AND k.withdrawn_at IS NULL
          AND (k.expires_at IS NULL OR k.expires_at > %(now)s) ORDER BY k.id DESC LIMIT 1
    ) k ON true
    LEFT JOIN LATERAL (
        SELECT count(*) FILTER (WHERE e.occasion = %(occasion)s) AS turns,
               bool_or(e.ended_at IS NULL) AS is_under_way, max(coalesce(e.ended_at, e.enrolled_at)) AS last,
               count(*) AS every
        FROM newsletter_enrolment e WHERE e.lead_id = l.id AND e.sequence_id = %(sequence)s
    ) before ON true
    WHERE l.id = ANY((SELECT %(leads)s::bigint[])::bigint[]) AND l.erased_at IS NULL AND l.status <> %(patient)s
      AND NOT %(topic)s = ANY(l.declined_topics)
      AND NOT EXISTS (SELECT 1 FROM newsletter_suppression b
                      WHERE b.address_hash = l.address_hash AND b.lifted_at IS NULL)
      AND (%(occasion)s = 0 OR before.turns = 0)
      AND CASE %(again)s
          WHEN 'never' THEN before.every = 0
          WHEN 'occasion' THEN before.turns = 0
          ELSE NOT coalesce(before.is_under_way, false) AND (before.last IS NULL OR before.last <= %(rested)s)
          END
    ORDER BY l.id
"""
BEGIN = """
    INSERT INTO newsletter_enrolment (sequence_id, version_id, lead_id, consent_id, state, next_position, due_at, since,
                                      occasion, turn, is_asked_for, enrolled_at, exit_reason)
    SELECT v.sequence_id, v.id, n.lead, n.consent, n.state, 0, n.due_at, %(now)s::timestamptz, %(occasion)s,
           n.turn, %(asked)s::boolean, %(now)s::timestamptz, ''
    FROM (SELECT %(leads)s::bigint[] AS leads, %(consents)s::bigint[] AS consents, %(states)s::text[] AS states,
                 %(dues)s::timestamptz[] AS dues, %(turns)s::int[] AS turns OFFSET 0) g
    CROSS JOIN LATERAL unnest(g.leads, g.consents, g.states, g.dues, g.turns) AS n (lead, consent, state, due_at, turn)
    JOIN newsletter_sequenceversion v ON v.id = %(version)s
    JOIN leads_lead l ON l.id = n.lead AND l.erased_at IS NULL FOR KEY SHARE OF l
    ON CONFLICT DO NOTHING RETURNING lead_id
"""
"""Whoever is being erased, or merged with another, is waited for, and then begins nothing.

Told how many they are PostgreSQL would read through all leads there are: the arrays are kept from it (OFFSET 0).
"""


@dataclass(frozen=True, slots=True)
class Welcome:
    """Somebody who may begin, for the `turn`th time."""

    lead_id: int
    time_zone: str
    consent_id: int
    turn: int


@dataclass(frozen=True, slots=True)
class _Beginning:
    """About what ways begin, whether their readers asked for it just now, and when that is."""

    occasion: int
    is_asked_for: bool
    now: datetime


@transaction.atomic
def enter(
    sequence: models.Sequence,
    lead_ids: Collection[int],
    *,
    now: datetime,
    occasion: int = 0,
    is_asked_for: bool = False,
) -> list[int]:
    """Begin this sequence for those of these people who may; which they are. Nobody before it is published.

    The caller holds their addresses: who is asked for on two occasions at once must not begin twice where the rule
    says once. On one occasion (an appointment, a birthday's year) nobody begins twice, whatever the rule says.
    `is_asked_for`: by themselves, at this moment; then a first mail without a wait goes at any hour.
    """
    sequence = _as_it_stands(sequence)
    version = sequence.published
    welcome = _who_may(sequence, lead_ids, occasion, now)
    if not version or not welcome:
        return []
    return _begin(version, welcome, _Beginning(occasion, is_asked_for, now))


def who_may(sequence: models.Sequence, lead_ids: Collection[int], *, now: datetime) -> list[int]:
    """Who of these people would begin if they were asked for now; nothing is written."""
    return [one.lead_id for one in _who_may(sequence, lead_ids, 0, now)]


def may_be_mailed(sequence: models.Sequence, lead_ids: Collection[int], *, now: datetime) -> list[int]:
    """Who of these people may be mailed by it, whether they were in it before or not; nothing is written."""
    every_time = Plan(again=Again.OCCASION)
    return [one.lead_id for one in _welcome(sequence, every_time, lead_ids, NO_OCCASION, now)]


def why_not(sequence: models.Sequence, lead_id: int, *, now: datetime) -> WhyNot:
    """Why this person, whom `enter` left out, does not begin. Who may not be mailed, and why, is nobody's to know."""
    plan = plan_of(sequence.published) if sequence.published else PLANLESS
    welcome = _welcome(sequence, replace(plan, again=Again.OCCASION), [lead_id], NO_OCCASION, now)
    ways = models.Enrolment.objects.filter(sequence=sequence, lead_id=lead_id)
    if not welcome:
        return WhyNot.MAY_NOT
    if ways.filter(ended_at=None).exists():
        return WhyNot.UNDER_WAY
    return WhyNot.NOT_AGAIN if _fitting(plan, welcome, now) else WhyNot.NOT_FITTING


def plan_of(version: models.SequenceVersion) -> Plan:
    """What this version says; one from before there were plans begins with a consent and is for a booking."""
    return read(version.plan) if version.plan else PLANLESS


def _as_it_stands(sequence: models.Sequence) -> models.Sequence:
    """It by what is published now; whoever publishes waits for this transaction, and so finds who began."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT published_id, topic FROM newsletter_sequence WHERE id = %s FOR SHARE", [sequence.pk])
        is_as_read = cursor.fetchone() == (sequence.published_id, sequence.topic)
    return sequence if is_as_read else models.Sequence.objects.select_related("published").get(pk=sequence.pk)


def _who_may(sequence: models.Sequence, lead_ids: Collection[int], occasion: int, now: datetime) -> Sequence[Welcome]:
    if sequence.published is None or not lead_ids:
        return []
    plan = plan_of(sequence.published)
    return _fitting(plan, _welcome(sequence, plan, lead_ids, occasion, now), now)


def _welcome(
    sequence: models.Sequence, plan: Plan, lead_ids: Collection[int], occasion: int, now: datetime
) -> list[Welcome]:
    with connection.cursor() as cursor:
        cursor.execute(
            WELCOME,
            {
                "leads": prepared.array(lead_ids),
                "sequence": sequence.pk,
                "topic": sequence.topic,
                "patient": LeadStatus.PATIENT.value,
                "again": plan.again.value,
                "rested": now - timedelta(days=plan.again_days),
                "occasion": occasion,
                "now": now,
            },
        )
        return [Welcome(*row) for row in cursor.fetchall()]


def _fitting(plan: Plan, welcome: Sequence[Welcome], now: datetime) -> Sequence[Welcome]:
    """Those for whom every entry condition holds; nobody where one cannot be asked any more."""
    if not plan.entry or not welcome:
        return welcome
    try:
        held: Mapping[int, frozenset[int]] = segments.holds(plan.entry, [one.lead_id for one in welcome], now)
    except Unanswerable:
        log.warning("An entry condition of a sequence cannot be evaluated any more: nobody enters.")
        return []
    return [one for one in welcome if len(held[one.lead_id]) == len(plan.entry)]


def _begin(version: models.SequenceVersion, welcome: Sequence[Welcome], at: _Beginning) -> list[int]:
    almanac, holdout = current(), plan_of(version).holdout
    published = almanac.published(version.pk)
    held_out = [walk.is_drawn(one.lead_id, version.sequence_id, holdout) for one in welcome]
    first = {
        zone: arriving.first_due(published, now=at.now, zone=zone_of(zone, almanac.zone), is_asked_for=at.is_asked_for)
        for zone in {one.time_zone for one in welcome}
    }
    dues = [None if is_out else first[one.time_zone] for one, is_out in zip(welcome, held_out, strict=True)]
    values: dict[str, Any] = {
        "version": version.pk,
        "now": at.now,
        "occasion": at.occasion,
        "asked": at.is_asked_for,
        "leads": prepared.array([one.lead_id for one in welcome]),
        "consents": prepared.array([one.consent_id for one in welcome]),
        "states": prepared.array([EnrolmentState.HELD_OUT if is_out else EnrolmentState.ACTIVE for is_out in held_out]),
        "dues": prepared.array(dues),
        "turns": prepared.array([one.turn for one in welcome]),
    }
    with connection.cursor() as cursor:
        cursor.execute(BEGIN, values)
        return [lead_id for (lead_id,) in cursor.fetchall()]
