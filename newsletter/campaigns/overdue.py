"""Campaigns whose time came and that did not begin: counted, begun one after another, or made drafts again."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import QuerySet

from newsletter.campaigns import queries, states
from newsletter.campaigns.models import Campaign, CampaignStatus, Timing
from newsletter.deliveries.models import Lane
from newsletter.deliveries.standing.overdue import Line

HOUR = timedelta(hours=1)


def names(ids: Sequence[int]) -> Mapping[int, str]:
    return dict(Campaign.objects.filter(pk__in=ids).values_list("pk", "name"))


def lines(now: datetime) -> list[Line]:
    return [
        Line(Lane.MARKETING, campaign.name, queries.audience_count(campaign, now), campaign.start_at)
        for campaign in _scheduled().filter(start_at__lte=now)
        if campaign.start_at is not None
    ]


def put_off(now: datetime, over: timedelta) -> int:
    """They begin one after another, evenly from now on, and each leaves evenly until the next one begins.

    Who is to get it at their own time of day still does; and where a campaign has less than an hour, it leaves at once.
    """
    late = list(_scheduled().filter(start_at__lte=now).select_for_update(of=["self"]))
    for place, campaign in enumerate(late):
        hours = int(over / len(late) / HOUR)
        is_spread = campaign.timing == Timing.CLINIC and hours > 0
        how = {"timing": Timing.SPREAD, "spread_hours": hours} if is_spread else {}
        states.update(campaign, start_at=now + over * place / len(late), **how)
        states.record("put_off", campaign, None)
    return len(late)


def skip(before: datetime, now: datetime) -> int:
    """They are drafts again, to be scheduled by somebody who looks at them; how many people they were for."""
    skipped = 0
    for campaign in _scheduled().filter(start_at__lt=before).select_for_update(of=["self"]):
        skipped += queries.audience_count(campaign, now)
        states.change(campaign, CampaignStatus.DRAFT, **states.UNSCHEDULED)
        states.record("taken_back", campaign, None)
    return skipped


def _scheduled() -> QuerySet[Campaign]:
    return Campaign.objects.filter(status=CampaignStatus.SCHEDULED).select_related("email").order_by("start_at", "pk")
