"""How many people a campaign is for, who some of them are, and what became of the count that staff saw."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leads.people.models import Lead
from newsletter.campaigns.audience.models import AudienceCount, Occasion
from newsletter.campaigns.audience.question import REASONS, everybody
from newsletter.campaigns.models import Campaign
from newsletter.deliveries.models import Delivery, Kind

SAMPLES = 10

COUNT = """
    WITH everybody AS MATERIALIZED ({everybody}),
         counted AS (SELECT reason, CASE WHEN reason = '' THEN zone ELSE '' END AS zone, count(*) AS people
                     FROM everybody GROUP BY 1, 2)
    SELECT (SELECT coalesce(json_agg(counted), '[]') FROM counted),
           ARRAY(SELECT lead_id FROM everybody WHERE reason = '' ORDER BY hashint8extended(lead_id, %s) LIMIT %s)
"""


@dataclass(frozen=True, slots=True)
class Person:
    """One of those who would get it."""

    pk: int
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Counted:
    """`total` people get it; `reasons` say why how many others do not: each person stands under one.

    `zones` say how many of those who get it gave which time zone, under its name as it was given; "" for none.
    """

    total: int
    reasons: list[tuple[str | Promise, int]]
    samples: list[Person]
    zones: Mapping[str, int] = field(default_factory=dict)

    @property
    def everybody(self) -> int:
        """All who are asked for: those who get it and those who are left out."""
        return self.total + sum(people for _why, people in self.reasons)


@dataclass(frozen=True, slots=True)
class Difference:
    """From the count that somebody looked at to what was planned: `looked_at` plus all `changes` is `planned`."""

    looked_at: int
    planned: int
    changes: list[tuple[str | Promise, int]]


def count(campaign: Campaign, now: datetime) -> Counted:
    """What staff see: one look at everybody who is asked for."""
    return _look(campaign, now)[1]


def remember(campaign: Campaign, now: datetime) -> Counted:
    """The same, kept: how many it was for when somebody let it go, to be compared with what is planned."""
    people, counted = _look(campaign, now)
    keep(campaign, Occasion.SCHEDULED, people, now=now)
    return counted


def planned(campaign: Campaign) -> Counted | None:
    """Whom it was planned for; None before it is planned."""
    kept = _kept(campaign, Occasion.PLANNED)
    if kept is None:
        return None
    mine = Delivery.objects.filter(kind=Kind.CAMPAIGN, owner=campaign.pk).order_by("item")
    return Counted(kept.total, said(kept.reasons), _people(list(mine.values_list("item", flat=True)[:SAMPLES])))


def keep(campaign: Campaign, occasion: Occasion, people: Mapping[str, int], *, now: datetime) -> None:
    """Append a count by reason; under the empty reason stand those who get it."""
    reasons = {name: number for name, number in people.items() if name}
    AudienceCount.objects.create(campaign=campaign, occasion=occasion, at=now, total=people.get("", 0), reasons=reasons)


def said(reasons: Mapping[str, int]) -> list[tuple[str | Promise, int]]:
    """Reasons in plain words and in their order, without those that leave nobody out."""
    return [(REASONS[name], reasons[name]) for name in REASONS if reasons.get(name)]


def difference(campaign: Campaign) -> Difference | None:
    """What changed between the look and the plan; None before it is planned."""
    planned = _kept(campaign, Occasion.PLANNED)
    if planned is None:
        return None
    let_go = _kept(campaign, Occasion.SCHEDULED) or planned
    looked_at = let_go.total if campaign.reviewed_count is None else campaign.reviewed_count
    return Difference(looked_at, planned.total, list(_changes(looked_at, let_go, planned)))


def _changes(looked_at: int, let_go: AudienceCount, planned: AudienceCount) -> Iterator[tuple[str | Promise, int]]:
    """What adds up to the difference: people who are new or gone, and more or fewer under each reason."""
    if let_go.total != looked_at:
        yield _("people who came or went while somebody looked at it"), let_go.total - looked_at
    before, after = (one.total + sum(one.reasons.values()) for one in (let_go, planned))
    if after != before:
        yield _("people who joined since, less those who are gone"), after - before
    for name, why in REASONS.items():
        change = let_go.reasons.get(name, 0) - planned.reasons.get(name, 0)
        if change:
            yield why, change


def _kept(campaign: Campaign, occasion: Occasion) -> AudienceCount | None:
    return AudienceCount.objects.filter(campaign=campaign, occasion=occasion).order_by("at", "pk").last()


def _look(campaign: Campaign, now: datetime) -> tuple[dict[str, int], Counted]:
    """How many stand under each reason, under none those who get it; and the same as staff see it."""
    sql, params = everybody(campaign, now)
    with connection.cursor() as cursor:
        cursor.execute(COUNT.replace("{everybody}", sql), [*params, campaign.pk, SAMPLES])
        rows, samples = cursor.fetchone()
    people: Counter[str] = Counter()
    for row in rows:
        people[row["reason"]] += row["people"]
    zones = {row["zone"]: row["people"] for row in rows if not row["reason"]}
    return people, Counted(people[""], said(people), _people(samples), zones)


def _people(ids: list[int]) -> list[Person]:
    found = Lead.objects.in_bulk(ids)
    return [Person(pk, str(found[pk]), found[pk].email) for pk in ids if pk in found]
