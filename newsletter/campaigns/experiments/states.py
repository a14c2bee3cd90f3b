"""What a test does next. Pure: a table of where it stands, the campaign's status and the time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from newsletter.campaigns.experiments.models import ExperimentState
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
    """`has_left`: every mail of the test was handed over, whatever became of it."""

    state: str
    campaign: str
    has_left: bool
    tested_at: datetime | None
    wait: timedelta

    @property
    def decides_at(self) -> datetime | None:
        return self.tested_at + self.wait if self.tested_at else None


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
