from datetime import UTC, datetime, time, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from newsletter.campaigns.audience.times import Awake
from newsletter.campaigns.experiments.models import ExperimentState
from newsletter.campaigns.experiments.states import (
    Standing,
    Step,
    by_day,
    can_be_chosen,
    can_be_set_up,
    let_go,
    next_step,
)
from newsletter.campaigns.models import CampaignStatus

NOW = datetime(2027, 1, 5, 15, tzinfo=UTC)
DAY = timedelta(hours=24)
SECOND = timedelta(seconds=1)


def standing(state="testing", campaign="sending", has_left=True, tested_at=None) -> Standing:
    return Standing(state, campaign, has_left, tested_at + DAY if tested_at else None)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (standing(has_left=False), Step.NOTHING),
        (standing(), Step.BEGIN_TO_WAIT),
        (standing(tested_at=NOW - DAY + SECOND), Step.NOTHING),
        (standing(tested_at=NOW - DAY), Step.DECIDE),
        (standing(tested_at=NOW - 9 * DAY), Step.DECIDE),
        (standing(tested_at=NOW - DAY, has_left=False), Step.DECIDE),
        (standing(campaign="finished", tested_at=NOW - DAY), Step.DECIDE),
        (standing(campaign="finished"), Step.BEGIN_TO_WAIT),
    ],
)
def test_it_waits_from_when_the_last_mail_of_the_test_left(found, expected):
    assert next_step(found, NOW) == expected


def test_in_every_other_state_nothing_happens_by_itself():
    for state, campaign, tested_at in product(ExperimentState, CampaignStatus, (None, NOW - 2 * DAY)):
        goes_on = state == "testing" and campaign in {"sending", "finished"}
        found = next_step(standing(state, campaign, tested_at=tested_at), NOW)
        assert (found != Step.NOTHING) == goes_on, (state, campaign)


def test_it_is_set_up_beside_a_draft_only():
    found = {pair for pair in product(ExperimentState, CampaignStatus) if can_be_set_up(*pair)}

    assert found == {(ExperimentState.DRAFT, CampaignStatus.DRAFT)}


def test_a_person_may_choose_while_it_is_tested_paused_or_not():
    found = {pair for pair in product(ExperimentState, CampaignStatus) if can_be_chosen(*pair)}

    assert found == {
        (ExperimentState.TESTING, CampaignStatus.SENDING),
        (ExperimentState.TESTING, CampaignStatus.PAUSED),
        (ExperimentState.TESTING, CampaignStatus.FINISHED),
    }


HOME = ZoneInfo("America/Toronto")


def test_what_was_to_leave_at_once_leaves_at_once():
    assert let_go([NOW], at=NOW + 3 * DAY, by_zone=False, home=HOME) == {NOW: NOW + 3 * DAY}
    assert let_go([], at=NOW, by_zone=False, home=HOME) == {}


def test_what_was_to_leave_over_some_hours_takes_as_long():
    meant = [NOW + timedelta(hours=n) for n in (2, 3, 5)]

    found = let_go(meant, at=NOW + DAY, by_zone=False, home=HOME)

    assert list(found.values()) == [NOW + DAY + timedelta(hours=n) for n in (0, 1, 3)]


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """In the clinic's March of 2027, whose clocks go forward on the 14th."""
    return datetime(2027, 3, day, hour, minute, tzinfo=HOME).astimezone(UTC)


@pytest.mark.parametrize(
    ("decided_at", "expected"),
    [
        (at(11, 9), at(11, 9)),
        (at(11, 9) + SECOND, at(12, 9)),
        (at(10, 20), at(11, 9)),
        (at(13, 12), at(14, 9)),
        (at(14, 12), at(15, 9)),
        (at(10, 8), at(10, 9)),
    ],
)
def test_a_time_of_day_stays_that_time_of_day_when_the_clocks_change_too(decided_at, expected):
    meant = at(10, 9)

    assert let_go([meant], at=decided_at, by_zone=True, home=HOME) == {meant: expected}


def test_each_zone_keeps_its_own_time_of_day():
    halifax, toronto, vancouver = at(10, 8), at(10, 9), at(10, 12)

    found = let_go([halifax, toronto, vancouver], at=at(11, 10), by_zone=True, home=HOME)

    assert found == {halifax: at(12, 8), toronto: at(12, 9), vancouver: at(11, 12)}


@pytest.mark.parametrize(
    ("decided_at", "expected"),
    [
        (at(10, 7, 59), at(10, 8)),
        (at(10, 8), at(10, 8)),
        (at(10, 20) - SECOND, at(10, 20) - SECOND),
        (at(10, 20), at(11, 8)),
        (at(11, 0), at(11, 8)),
        (at(13, 23), at(14, 8)),
    ],
)
def test_what_is_decided_at_night_leaves_in_the_morning(decided_at, expected):
    assert by_day(decided_at, HOME, Awake(time(8), time(20))) == expected


@pytest.mark.parametrize(
    ("decided_at", "expected"),
    [
        (at(10, 10, 29), at(10, 10, 30)),
        (at(10, 10, 30), at(10, 10, 30)),
        (at(10, 15) - SECOND, at(10, 15) - SECOND),
        (at(10, 15), at(11, 10, 30)),
        (at(13, 23), at(14, 10, 30)),
    ],
)
def test_when_that_is_the_clinics_hours_say(decided_at, expected):
    assert by_day(decided_at, HOME, Awake(time(10, 30), time(15))) == expected
