"""How many people a campaign is for, who some of them are, and what became of the count that staff saw."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leads.people.models import Lead
from newsletter.campaigns.audience.models import AudienceCount, Occasion
from newsletter.campaigns.audience.question import REASONS, everybody
from newsletter.campaigns.models import Campaign
from newsletter.deliveries import queries as deliveries
from newsletter.deliveries.models import Kind

SAMPLES = 10

COUNT = """
    WITH everybody AS MATERIALIZED ({everybody}),
         counted AS (SELECT reason, count(*) AS people FROM everybody GROUP BY reason)
    SELECT ARRAY(SELECT reason FROM counted ORDER BY reason), ARRAY(SELECT people FROM counted ORDER BY reason),
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
    """`total` people get it; `reasons` say why how many others do not: each person stands under one."""

    total: int
    reasons: list[tuple[str | Promise, int]]
    samples: list[Person]

    @property
    def everybody(self) -> int:
        """All who are asked for: those who get it and those who are left out."""
        return self.total + sum(people for _why, people in self.reasons)


@dataclass(frozen=True, slots=True)
class Difference:
    """From the count that somebody looked at to what has left.

    `looked_at` plus all `changes` is `planned`; of those, so many `kept_back` since then, each for a reason: the last
    look before a mail leaves, or what became of the mail.
    """

    looked_at: int
    planned: int
    changes: list[tuple[str | Promise, int]]
    kept_back: list[tuple[str, int]]


def count(campaign: Campaign, now: datetime) -> Counted:
    """What staff see: one look at everybody who is asked for."""
    return _counted(*_look(campaign, now))


def remember(campaign: Campaign, now: datetime) -> Counted:
    """The same, kept: what somebody saw when they let it go, to be compared with what is planned."""
    people, samples = _look(campaign, now)
    keep(campaign, Occasion.SCHEDULED, people, now=now)
    return _counted(people, samples)


def keep(campaign: Campaign, occasion: Occasion, people: Mapping[str, int], *, now: datetime) -> None:
    """Append a count by reason; under the empty reason stand those who get it."""
    reasons = {name: number for name, number in people.items() if name}
    AudienceCount.objects.create(campaign=campaign, occasion=occasion, at=now, total=people.get("", 0), reasons=reasons)


def said(reasons: Mapping[str, int]) -> list[tuple[str | Promise, int]]:
    """Reasons in plain words and in their order, without those that leave nobody out."""
    return [(REASONS[name], reasons[name]) for name in REASONS if reasons.get(name)]


def difference(campaign: Campaign) -> Difference | None:
    """What changed between the look, the plan and the last look at each mail; None before it is planned."""
    planned = _kept(campaign, Occasion.PLANNED)
    if planned is None:
        return None
    seen = _kept(campaign, Occasion.SCHEDULED) or planned
    return Difference(
        looked_at=seen.total,
        planned=planned.total,
        changes=list(_changes(seen, planned)),
        kept_back=deliveries.refusals(Kind.CAMPAIGN, campaign.pk),
    )


def _changes(seen: AudienceCount, planned: AudienceCount) -> list[tuple[str | Promise, int]]:
    """What adds up to the difference: people who are new or gone, and more or fewer under each reason."""
    before, after = (one.total + sum(one.reasons.values()) for one in (seen, planned))
    names = [name for name in REASONS if seen.reasons.get(name, 0) != planned.reasons.get(name, 0)]
    joined = [(_("people who joined since, less those who are gone"), after - before)] if after != before else []
    return [*joined, *((REASONS[name], seen.reasons.get(name, 0) - planned.reasons.get(name, 0)) for name in names)]


def _kept(campaign: Campaign, occasion: Occasion) -> AudienceCount | None:
    return AudienceCount.objects.filter(campaign=campaign, occasion=occasion).order_by("at", "pk").last()


def _look(campaign: Campaign, now: datetime) -> tuple[dict[str, int], list[int]]:
    sql, params = everybody(campaign, now)
    with connection.cursor() as cursor:
        cursor.execute(COUNT.replace("{everybody}", sql), [*params, campaign.pk, SAMPLES])
        names, numbers, samples = cursor.fetchone()
    return dict(zip(names, numbers, strict=True)), samples


def _counted(people: Mapping[str, int], samples: list[int]) -> Counted:
    return Counted(people.get("", 0), said(people), _people(samples))


def _people(ids: list[int]) -> list[Person]:
    found = Lead.objects.in_bulk(ids)
    return [Person(pk, str(found[pk]), found[pk].email) for pk in ids if pk in found]
