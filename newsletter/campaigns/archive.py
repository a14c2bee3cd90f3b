"""The public archive: what everybody may read of campaigns that have left and that staff have marked public.

Whether a campaign may be public is asked again whenever it is shown: nothing that was for people with a certain
complaint is shown because it was marked too early.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from newsletter.campaigns.experiments.models import Experiment, ExperimentState, Side
from newsletter.campaigns.keeping import why_not_public
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.content.models import CompiledEmail, Variant
from newsletter.content.queries import STANDING
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


def words(campaigns: Sequence[Campaign]) -> list[Neutral]:
    """What each of them said, without anybody in it; of a test the words that won. One question for all of them."""
    shown = [_revision(campaign) for campaign in campaigns]
    revisions = CompiledEmail.objects.in_bulk(shown)
    return [_neutral(revisions[pk]) for pk in shown]


@lru_cache(maxsize=64)
def _neutral(revision: CompiledEmail) -> Neutral:
    """Frozen revisions never change, so what was made of one stays good."""
    return neutral(revision)


STANDING_VARIANTS = Variant.objects.filter(label=STANDING, current__isnull=False)


def _marked() -> QuerySet[Campaign]:
    has_words = Exists(STANDING_VARIANTS.filter(email=OuterRef("email")))
    marked = Campaign.objects.filter(has_words, is_public=True, status=CampaignStatus.FINISHED)
    own_words = Prefetch("email__variants", STANDING_VARIANTS.all())
    return (
        marked.select_related("email", "experiment__variant_b")
        .prefetch_related("included", "excluded", own_words)
        .order_by("-planned_at", "-pk")
    )


def _revision(campaign: Campaign) -> int:
    """The frozen words that most of its readers got; for campaigns that `_marked` found."""
    test: Experiment | None = getattr(campaign, "experiment", None)
    (said,) = campaign.email.variants.all()
    if test is not None and test.state == ExperimentState.DECIDED and test.winner == Side.B:
        said = test.variant_b or said
    return said.current_id or 0
