"""Times are said in the person's zone, with the zone beside them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from booking import times

MOMENT = datetime(2026, 10, 13, 13, 40, tzinfo=UTC)
TORONTO = ZoneInfo("America/Toronto")


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("America/Toronto", "Tuesday, 13 October at 9:40 a.m. (Toronto time, EDT)"),
        ("America/Argentina/Buenos_Aires", "Tuesday, 13 October at 10:40 a.m. (Buenos Aires time, UTC-3)"),
        ("Asia/Kathmandu", "Tuesday, 13 October at 7:25 p.m. (Kathmandu time, UTC+5:45)"),
        ("UTC", "Tuesday, 13 October at 1:40 p.m. (UTC)"),
    ],
)
def test_a_moment_is_said_in_the_zone_that_is_named(zone, expected):
    assert times.said(MOMENT, ZoneInfo(zone)) == expected


@pytest.mark.parametrize("name", ["", "America", "../../etc/passwd", "Mars/Base", "a\0b", "x" * 5000])
def test_a_zone_that_nobody_knows_falls_back(name):
    assert times.zone_or(name, TORONTO) == TORONTO


def test_a_zone_by_an_old_name_is_known():
    assert times.zone_or("Asia/Calcutta", TORONTO) == ZoneInfo("Asia/Calcutta")


def test_the_choices_name_each_zone_once_and_by_its_place():
    choices = times.zone_choices(TORONTO)
    names = [name for _, places in choices for name, _ in places]

    assert len(names) == len(set(names))
    assert ("America/Indiana/Knox", "Knox, Indiana") in dict(choices)["America"]
    assert names[-1] == "UTC"


def test_a_zone_that_is_no_place_can_still_be_chosen():
    assert times.zone_choices(ZoneInfo("Etc/GMT+5"))[-1] == ("", [("Etc/GMT+5", "Etc/GMT+5")])
