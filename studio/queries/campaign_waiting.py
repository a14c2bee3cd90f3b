"""What the rest of a campaign waits for, and for how long that makes sense."""

from dataclasses import astuple, dataclass
from datetime import datetime

from django.db.models import Max, Min

from newsletter.campaigns import canary
from newsletter.campaigns.experiments import queries as tests
from newsletter.campaigns.experiments.models import HELD_FROM, Experiment, ExperimentState
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.deliveries.models import Chunk, Kind
from newsletter.deliveries.queries import Progress


@dataclass(frozen=True, slots=True)
class Tried:
    """An A/B test under way: how many wait for its end, whether all of it has left, and when it is decided."""

    rest: int
    has_left: bool
    decides_at: datetime | None


@dataclass(frozen=True, slots=True)
class TooOld:
    """From when on what waits is too old to leave; whether that is so for some of it already, and for all of it."""

    at: datetime
    is_some: bool
    is_all: bool


def test_of(campaign: Campaign, progress: Progress) -> Tried | None:
    """The test for whose end others wait; none where everybody is in it, or it is decided.

    Pages that ask again and again have selected it with the campaign.
    """
    one: Experiment | None = getattr(campaign, "experiment", None)
    if one is None or one.state != ExperimentState.TESTING or not one.planned_rest:
        return None
    return Tried(one.planned_rest, progress.waiting <= one.planned_rest, tests.decides_at(one))


def too_old(campaign: Campaign, now: datetime) -> TooOld | None:
    """When what waits of a paused campaign is too old to leave; what is held until something is known has time."""
    if campaign.status != CampaignStatus.PAUSED:
        return None
    waiting = Chunk.objects.filter(
        batch__kind=Kind.CAMPAIGN, batch__owner_id=campaign.pk, done=False, due_at__lt=HELD_FROM
    )
    found = waiting.aggregate(first=Min("batch__expires_at"), last=Max("batch__expires_at"))
    if found["first"] is None:
        return None
    return TooOld(found["first"], found["first"] <= now, found["last"] <= now)


def mark(few: canary.Found | None, test: Tried | None, old: TooOld | None) -> str:
    """A mark of what is waited for, and of whether that is too long: another one is news."""
    return "".join(str(astuple(one)) for one in (few, test, old) if one is not None)
