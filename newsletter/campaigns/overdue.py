"""Campaigns whose time came and that did not begin: counted, begun one after another, or made drafts again."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import QuerySet

from newsletter.campaigns import queries, states
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.deliveries.models import Lane
from newsletter.deliveries.standing.overdue import Line


def names(ids: Sequence[int]) -> Mapping[int, str]:
    return dict(Campaign.objects.filter(pk__in=ids).values_list("pk", "name"))


def lines(now: datetime) -> list[Line]:
    return [
        Line(Lane.MARKETING, campaign.name, queries.audience_count(campaign, now), campaign.start_at)
        for campaign in _scheduled().filter(start_at__lte=now)
        if campaign.start_at is not None
    ]


def put_off(now: datetime, over: timedelta) -> int:
    """They begin one after another, evenly from now on; each of them then leaves as fast as any campaign."""
    late = list(_scheduled().filter(start_at__lte=now).select_for_update(of=["self"]))
    for place, campaign in enumerate(late):
        Campaign.objects.filter(pk=campaign.pk).update(start_at=now + over * place / len(late))
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
