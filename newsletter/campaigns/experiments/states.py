"""What a test does next. Pure: a table of where it stands, the campaign's status and the time."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from newsletter.campaigns.audience.times import Awake
from newsletter.campaigns.experiments.models import UNDO, Experiment, ExperimentState, Grounds
from newsletter.campaigns.models import CampaignStatus

GOES_ON = frozenset({CampaignStatus.SENDING, CampaignStatus.FINISHED})
"""While a campaign is paused nothing is decided; once it is cancelled nothing will be."""
CHOOSABLE = frozenset({CampaignStatus.SENDING, CampaignStatus.PAUSED, CampaignStatus.FINISHED})


class Step(Enum):
    NOTHING = "nothing"
    BEGIN_TO_WAIT = "begin to wait"
    DECIDE = "decide"


@dataclass(frozen=True, slots=True)
class Standing:
    """`has_left`: every mail of the test was tried once, whatever became of it. `decides_at`: when the wait is over."""

    state: str
    campaign: str
    has_left: bool
    decides_at: datetime | None


def next_step(standing: Standing, now: datetime) -> Step:
    """What the tick does with it."""
    if standing.state != ExperimentState.TESTING or standing.campaign not in GOES_ON:
        return Step.NOTHING
    if standing.decides_at is None:
        return Step.BEGIN_TO_WAIT if standing.has_left else Step.NOTHING
    return Step.DECIDE if standing.decides_at <= now else Step.NOTHING


def can_be_set_up(state: str, campaign: str) -> bool:
    """Only beside a draft: what was scheduled was seen as it was."""
    return state == ExperimentState.DRAFT and campaign == CampaignStatus.DRAFT


def can_be_chosen(state: str, campaign: str) -> bool:
    """Whether a person may say which one the rest gets."""
    return state == ExperimentState.TESTING and campaign in CHOOSABLE


def can_be_taken_back(one: Experiment, now: datetime) -> bool:
    """Whether what a person chose has not begun to leave, by the time of it."""
    is_chosen = one.state == ExperimentState.DECIDED and one.grounds == Grounds.STAFF
    return is_chosen and one.decided_at is not None and now < one.decided_at + UNDO


def let_go(meant: Collection[datetime], *, at: datetime, by_zone: bool, home: ZoneInfo) -> dict[datetime, datetime]:
    """When held mails leave, by when they were meant to: the first of them `at` once, the others as much later.

    Those that are to arrive `by_zone`, at a time of their reader's day, do so on the next day on which that time is
    still to come, by the clinic's calendar.
    """
    if by_zone:
        return {moment: _next_day(moment, at, home) for moment in meant}
    first = min(meant, default=at)
    return {moment: at + (moment - first) for moment in meant}


def by_day(moment: datetime, home: ZoneInfo, awake: Awake) -> datetime:
    """The moment itself; where that is a quiet one by the clinic's clock, the next at which it begins to write."""
    local = moment.astimezone(home)
    if not awake.is_quiet(local):
        return moment
    day = local.date() + timedelta(days=local.time() >= awake.closes)
    return datetime.combine(day, awake.opens, home).astimezone(UTC)


def _next_day(moment: datetime, at: datetime, home: ZoneInfo) -> datetime:
    local = moment.astimezone(home)
    days = max(0, (at.astimezone(home).date() - local.date()).days)
    found = (local + timedelta(days=days)).astimezone(UTC)
    return found if found >= at else (local + timedelta(days=days + 1)).astimezone(UTC)
