"""The last look at a campaign: for how many it is, whether that is far more than usual, and what the checks say."""

from dataclasses import dataclass
from datetime import datetime

from clinic import queries as clinic
from clinic.models import Clinic
from newsletter.campaigns import audience, preflight, review, usual
from newsletter.campaigns.audience import Counted
from newsletter.campaigns.models import Campaign, Timing
from newsletter.campaigns.moments import When
from newsletter.campaigns.preflight import Preflight
from newsletter.campaigns.review import Reviewed


@dataclass(frozen=True, slots=True)
class Review:
    """`usual` is how many people a campaign usually goes to, None before the first; `few` get a large one first."""

    counted: Counted
    reviewed: Reviewed
    usual: int | None
    is_large: bool
    few: int
    clinic: Clinic
    preflight: Preflight


def of(campaign: Campaign, now: datetime) -> Review:
    counted = audience.count(campaign, now)
    size = usual.size()
    return Review(
        counted=counted,
        reviewed=review.of(campaign, counted.total),
        usual=size,
        is_large=usual.is_large(counted.total, size),
        few=usual.CANARY,
        clinic=clinic.profile(),
        preflight=preflight.of_campaign(campaign, now),
    )


def as_chosen(campaign: Campaign, now: datetime) -> When:
    """The time that a draft was to go before somebody took it back, if it is still to come; else now."""
    if campaign.goes_at is None or campaign.goes_at <= now:
        return When()
    return When(campaign.goes_at, Timing(campaign.timing), campaign.spread_hours)


def initial(campaign: Campaign, shown: Review, now: datetime) -> dict[str, object]:
    """What the form begins with: the time that was chosen before, and what is looked at."""
    chosen = as_chosen(campaign, now)
    seen = looked_at(shown)
    if chosen.at is None:
        return seen
    hours = {"spread_hours": chosen.spread_hours} if chosen.spread_hours else {}
    return {"when": "later", "at": chosen.at, "timing": chosen.timing, **hours, **seen}


def looked_at(shown: Review) -> dict[str, object]:
    seen = shown.reviewed
    return {"count": seen.count, "version": seen.version, "audience": seen.audience}
