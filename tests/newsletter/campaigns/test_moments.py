"""When the mails of a campaign leave, by the clocks of those who get them."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from newsletter.campaigns import moments
from newsletter.campaigns.audience.times import Awake
from newsletter.campaigns.models import Timing
from newsletter.campaigns.moments import When

HOME = ZoneInfo("America/Toronto")
VANCOUVER, HALIFAX, LONDON = ZoneInfo("America/Vancouver"), ZoneInfo("America/Halifax"), ZoneInfo("Europe/London")
NOW = datetime(2027, 1, 5, 15, tzinfo=UTC)
NINE = datetime(2027, 1, 7, 14, tzinfo=UTC)
"""Nine in the morning at home, two days from now."""
HOUR = timedelta(hours=1)
AWAKE = Awake(time(8), time(20))


def test_at_one_moment_all_begin_together_and_for_each_own_time_of_day_the_easternmost_first():
    begins = [
        moments.begins(When(NINE, timing), not_before=NOW, home=HOME, zones=[VANCOUVER, HALIFAX], awake=AWAKE)
        for timing in (Timing.CLINIC, Timing.LEAD_ZONE)
    ]

    assert begins == [NINE, NINE - HOUR]


def test_nothing_begins_before_the_time_to_take_it_back_is_over():
    soon = NOW + timedelta(seconds=10)

    for timing in Timing:
        begins = moments.begins(When(soon, timing, 1), not_before=NOW + HOUR, home=HOME, zones=[HALIFAX], awake=AWAKE)
        assert begins == NOW + HOUR
    assert moments.begins(When(), not_before=NOW, home=HOME, zones=[], awake=AWAKE) == NOW


def test_each_zone_is_told_with_its_people_the_most_numerous_first():
    people = {HOME: 3, VANCOUVER: 1, HALIFAX: 2}

    when = When(NINE, Timing.LEAD_ZONE)
    found = list(moments.arrivals(when, not_before=NOW, home=HOME, people=people, awake=AWAKE))

    assert [(arrival.zone, arrival.people, arrival.first) for arrival in found] == [
        (HOME, 3, NINE),
        (HALIFAX, 2, NINE - HOUR),
        (VANCOUVER, 1, NINE + 3 * HOUR),
    ]
    assert {arrival.is_quiet_time for arrival in found} == {False}


def test_nine_at_home_is_six_in_vancouver():
    found = moments.arrivals(When(NINE), not_before=NOW, home=HOME, people={HOME: 1, VANCOUVER: 1}, awake=AWAKE)

    assert [arrival.is_quiet_time for arrival in found] == [False, True]


@pytest.mark.parametrize(("hours", "is_quiet"), [(11, False), (12, True), (24, True)])
def test_what_is_spread_into_the_evening_or_over_a_night_disturbs(hours, is_quiet):
    when = When(NINE, Timing.SPREAD, hours)
    [arrival] = moments.arrivals(when, not_before=NOW, home=HOME, people={HOME: 1}, awake=AWAKE)

    assert (arrival.last - arrival.first, arrival.is_quiet_time) == (hours * HOUR, is_quiet)


@pytest.mark.parametrize(
    ("opens", "closes", "quiet"),
    [
        (time(6), time(20), [False, False, False]),
        (time(6, 1), time(20), [False, True, False]),
        (time(9, 1), time(20), [True, True, False]),
        (time(6), time(14), [False, False, True]),
        (time(6), time(14, 1), [False, False, False]),
    ],
)
def test_what_disturbs_is_said_by_the_clinics_hours(opens, closes, quiet):
    people = {HOME: 3, VANCOUVER: 2, LONDON: 1}

    found = moments.arrivals(When(NINE), not_before=NOW, home=HOME, people=people, awake=Awake(opens, closes))

    assert [arrival.is_quiet_time for arrival in found] == quiet


def test_where_the_clinic_has_stopped_to_write_they_get_it_a_day_later():
    found = moments.arrivals(
        When(NINE, Timing.LEAD_ZONE),
        not_before=NINE - HOUR,
        home=HOME,
        people={LONDON: 1},
        awake=Awake(time(8), time(13)),
    )

    assert [(arrival.first, arrival.is_next_day) for arrival in found] == [(NINE + 19 * HOUR, True)]


def test_where_that_time_is_over_it_comes_at_once_or_the_next_day_and_says_so():
    tokyo = ZoneInfo("Asia/Tokyo")
    soon = NINE - 10 * timedelta(minutes=1)

    found = moments.arrivals(
        When(NINE, Timing.LEAD_ZONE),
        not_before=soon,
        home=HOME,
        people={HOME: 3, LONDON: 2, tokyo: 1},
        awake=AWAKE,
    )

    assert [(arrival.first - arrival.meant, arrival.is_next_day) for arrival in found] == [
        (timedelta(), False),
        (soon - (NINE - 5 * HOUR), False),
        (24 * HOUR, True),
    ]


def test_who_gave_no_zone_or_an_unknown_one_lives_where_the_clinic_is_and_is_counted():
    given = {"": 3, "Mars/Olympus": 1, "America/Toronto": 2, "Europe/London": 4}

    assert moments.zones(given, HOME) == {HOME: 6, LONDON: 4}
    assert moments.without_zone(given) == 4
