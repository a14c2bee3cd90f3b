"""The public archive: what everybody may read of campaigns that have left and that staff have marked public.

Whether a campaign may be public is asked again whenever it is shown: nothing that was for people with a certain
complaint is shown because it was marked too early.
"""

from datetime import datetime
from functools import lru_cache

from django.db.models import QuerySet

from newsletter.campaigns.experiments import queries as experiments
from newsletter.campaigns.experiments.models import ExperimentState, Side
from newsletter.campaigns.keeping import why_not_public
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.content.models import CompiledEmail, Variant
from newsletter.content.services import STANDING
from newsletter.rendering.neutral import Neutral, neutral


def every() -> list[Campaign]:
    """What the archive shows, the newest first."""
    return [campaign for campaign in _marked() if not why_not_public(campaign)]


def one(pk: int) -> Campaign | None:
    """One of those; None for any other."""
    campaign = _marked().filter(pk=pk).first()
    return None if campaign is None or why_not_public(campaign) else campaign


def is_empty() -> bool:
    """Whether nothing is marked at all."""
    return not _marked().exists()


def left_at(campaign: Campaign) -> datetime:
    """When it went out."""
    return campaign.planned_at or campaign.created_at


def letter(campaign: Campaign) -> Neutral:
    """What it said, without anybody in it; of a test the words that won."""
    return _letter(_variant(campaign).current_id or 0)


@lru_cache(maxsize=64)
def _letter(revision_id: int) -> Neutral:
    """Frozen revisions never change, so what was made of one stays good."""
    return neutral(CompiledEmail.objects.get(pk=revision_id))


def _marked() -> QuerySet[Campaign]:
    marked = Campaign.objects.filter(
        is_public=True, status=CampaignStatus.FINISHED, email__variants__label=STANDING
    ).exclude(email__variants__label=STANDING, email__variants__current=None)
    return marked.select_related("email").prefetch_related("included", "excluded").order_by("-planned_at", "-pk")


def _variant(campaign: Campaign) -> Variant:
    test = experiments.of(campaign)
    is_b = test is not None and test.state == ExperimentState.DECIDED and test.winner == Side.B
    if is_b and test is not None and test.variant_b is not None and test.variant_b.current_id:
        return test.variant_b
    return Variant.objects.get(email_id=campaign.email_id, label=STANDING)
