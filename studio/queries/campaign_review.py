"""The last look at a campaign: for how many it is, whether that is far more than usual, and what the checks say."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from clinic import queries as clinic
from clinic.models import Clinic
from newsletter.campaigns import audience, preflight, review, usual
from newsletter.campaigns.audience import Counted
from newsletter.campaigns.experiments import queries as tests
from newsletter.campaigns.experiments.models import Experiment
from newsletter.campaigns.experiments.queries import Sizes
from newsletter.campaigns.models import Campaign, Timing
from newsletter.campaigns.moments import When
from newsletter.campaigns.preflight import Preflight
from newsletter.campaigns.review import ChangedSince, Reviewed
from newsletter.deliveries.models import Delivery, Kind, Outcome, State
from studio.queries import experiment
from studio.queries.experiment import Line


@dataclass(frozen=True, slots=True)
class Trial:
    """The A/B test that goes with it: what differs, what both say, and how many are in each part."""

    experiment: Experiment
    lines: list[Line]
    sizes: Sizes


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
    trial: Trial | None


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
        preflight=preflight.of_campaign(campaign, now, people=counted.total),
        trial=_trial(campaign, counted.total),
    )


def changes(seen: Reviewed, shown: Review) -> list[str]:
    """What is different from what somebody looks at, where a press would be refused for it."""
    try:
        review.check(seen, shown.reviewed)
    except ChangedSince as error:
        return error.changes
    return []


def last_test(campaign: Campaign, asked_by: User) -> State | None:
    """What became of the test mail that this person asked for last; None while it is on its way."""
    asked_for = Delivery.objects.filter(kind=Kind.TEST, owner=campaign.email_id, staff_id=asked_by.pk)
    last = asked_for.order_by("-item").values_list("pk", flat=True).first()
    ended = Outcome.objects.filter(delivery_id=last).first() if last else None
    return State(ended.state) if ended else None


def _trial(campaign: Campaign, people: int) -> Trial | None:
    one = tests.of(campaign)
    return Trial(one, experiment.lines(campaign, one), tests.sizes(people, one.share)) if one else None


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
    return {"count": seen.count, "version": seen.version, "audience": seen.audience, "tested": seen.tested}
