"""What the segments room shows: each segment in plain words, how many people are in it, and what uses it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from leads.segments import queries as segments
from leads.segments.models import Segment
from leads.segments.queries import Found, Only
from leads.segments.registry import Unanswerable
from newsletter.campaigns.models import Campaign, CampaignStatus


@dataclass(frozen=True, slots=True)
class Listed:
    """`people` is None where nobody can tell any more."""

    segment: Segment
    sentence: str
    people: int | None
    campaigns: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """Whom conditions fit that are still being chosen; nobody is `found` until all of them are whole."""

    sentence: str
    found: Found | None


def listed(now: datetime) -> list[Listed]:
    """Every segment by name."""
    counted = segments.segments().annotate(
        used=Count("campaigns", distinct=True), used_without=Count("campaigns_without", distinct=True)
    )
    every = list(counted)
    said, people = segments.sentences(every), segments.counts(every, now)
    return [Listed(one, said[one.pk], people.get(one.pk), one.used + one.used_without) for one in every]


def scheduled_with(segment: Segment) -> list[str]:
    """The names of campaigns that are about to leave and use it: they do not, once it means other people."""
    using = Campaign.objects.filter(Q(included=segment) | Q(excluded=segment), status=CampaignStatus.SCHEDULED)
    return list(using.distinct().order_by("start_at", "pk").values_list("name", flat=True))


def outlook(onlys: Sequence[Only], match: str, now: datetime) -> Outlook:
    """What the page says below the conditions."""
    if not onlys or any(segments.problems(only) for only in onlys):
        return Outlook("", None)
    try:
        return Outlook(segments.sentence(onlys, match), segments.people(onlys, match, now))
    except Unanswerable:
        return Outlook("", None)
