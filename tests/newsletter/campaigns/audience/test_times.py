from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clinic.models import Clinic
from newsletter.campaigns.audience import times
from newsletter.campaigns.audience.times import Awake

TORONTO, LONDON, SYDNEY = ZoneInfo("America/Toronto"), ZoneInfo("Europe/London"), ZoneInfo("Australia/Sydney")
NINE = datetime(2027, 1, 5, 9, tzinfo=TORONTO)
HOUR = timedelta(hours=1)
AWAKE = Awake(time(8), time(20))
ZONES = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2034, 1, 1), timezones=st.just(UTC))


def there(goes_at, zone):
    return times.there(goes_at, home=TORONTO, zone=zone).astimezone(zone)


def due(now, zone):
    return times.due(NINE, home=TORONTO, zone=zone, now=now, awake=AWAKE)


def test_everybody_gets_it_when_their_own_clock_shows_the_time():
    assert there(NINE, LONDON) == datetime(2027, 1, 5, 9, tzinfo=LONDON)
    assert there(NINE, SYDNEY) == datetime(2027, 1, 5, 9, tzinfo=SYDNEY)
    assert there(NINE, TORONTO) == NINE


def test_a_time_that_clocks_skip_is_the_first_after_the_gap():
    skipped = datetime(2027, 3, 28, 1, 30, tzinfo=TORONTO)  # London's clocks go from 1:00 to 2:00

    assert there(skipped, LONDON).isoformat() == "2027-03-28T02:00:00+01:00"


def test_a_time_that_clocks_show_twice_is_the_first_of_the_two():
    twice = datetime(2027, 10, 31, 1, 30, tzinfo=TORONTO)

    assert there(twice, LONDON).isoformat() == "2027-10-31T01:30:00+01:00"


def test_the_moment_at_home_stays_the_one_that_was_chosen():
    second = datetime(2027, 11, 7, 1, 30, fold=1, tzinfo=TORONTO)

    assert times.there(second, home=TORONTO, zone=TORONTO) == second.astimezone(UTC)


def test_who_is_a_little_late_gets_it_at_once_and_who_is_far_behind_the_next_day():
    nine_in_london = datetime(2027, 1, 5, 9, tzinfo=LONDON)

    assert due(nine_in_london - HOUR, LONDON) == nine_in_london
    assert due(nine_in_london + 10.9 * HOUR, LONDON) == nine_in_london + 10.9 * HOUR
    assert due(nine_in_london + 12 * HOUR, LONDON) == nine_in_london + 24 * HOUR


@pytest.mark.parametrize(("hours", "is_at_once"), [(0.5, True), (1, False), (1.99, False), (3, False)])
def test_what_would_come_at_night_comes_the_next_day_unless_it_is_hardly_late(hours, is_at_once):
    eight = datetime(2027, 1, 5, 20, tzinfo=LONDON)
    now = eight + hours * HOUR

    goes_at = datetime(2027, 1, 5, 20, tzinfo=TORONTO)
    moment = times.due(goes_at, home=TORONTO, zone=LONDON, now=now, awake=AWAKE)

    assert moment == (now if is_at_once else eight + 24 * HOUR)


def test_an_afternoon_at_home_is_no_night_in_the_east():
    six = datetime(2027, 1, 5, 18, tzinfo=TORONTO)
    berlin = ZoneInfo("Europe/Berlin")

    moment = times.due(six, home=TORONTO, zone=berlin, now=six - HOUR / 6, awake=AWAKE)

    assert moment == datetime(2027, 1, 6, 18, tzinfo=berlin)


@pytest.mark.parametrize(
    ("local", "is_quiet"),
    [("07:29", True), ("07:30", False), ("18:59", False), ("19:00", True), ("00:00", True)],
)
def test_before_the_clinic_begins_to_write_and_once_it_has_stopped_people_want_their_peace(local, is_quiet):
    awake = Awake.of(Clinic(writes_from=time(7, 30), writes_until=time(19)))

    assert awake.is_quiet(datetime.fromisoformat(f"2027-01-07T{local}-05:00")) is is_quiet


@pytest.mark.parametrize(("closes", "is_at_once"), [(time(15, 59), False), (time(16), False), (time(16, 1), True)])
def test_whether_it_comes_at_once_or_a_day_later_is_by_the_clinics_hours(closes, is_at_once):
    nine = datetime(2027, 1, 5, 9, tzinfo=LONDON)
    now = nine + 7 * HOUR

    moment = times.due(NINE, home=TORONTO, zone=LONDON, now=now, awake=Awake(time(8), closes))

    assert moment == (now if is_at_once else nine + 24 * HOUR)


def test_an_empty_or_unknown_zone_is_the_clinics():
    found = {times.zone_of(name, TORONTO) for name in ("", "Mars/Olympus", "../etc/passwd", "America/Toronto")}

    assert found == {TORONTO}
    assert [times.is_known(name) for name in ("", "Mars/Olympus", "Asia/Tokyo")] == [False, False, True]


def test_zones_that_share_a_moment_go_together_and_the_earliest_first():
    people = {"": 5, "America/New_York": 2, "Europe/London": 1, "Mars/Olympus": 1}

    found = times.by_zone(people, NINE, home=TORONTO, now=NINE - 24 * HOUR, awake=AWAKE)

    assert list(found.values()) == [["Europe/London"], ["", "America/New_York", "Mars/Olympus"]]


@given(goes_at=MOMENTS, zone=ZONES, back=st.integers(-40, 40))
@example(goes_at=datetime(2027, 3, 28, 5, 30, tzinfo=UTC), zone=LONDON, back=1)
def test_wherever_somebody_lives_it_is_never_early_nor_more_than_a_day_late(goes_at, zone, back):
    now = goes_at + back * HOUR

    moment = times.due(goes_at, home=TORONTO, zone=zone, now=now, awake=AWAKE)

    meant = times.there(goes_at, home=TORONTO, zone=zone)
    assert moment >= max(now, meant)
    assert moment in {meant, now} or moment - meant <= 25 * HOUR
    shown = goes_at.astimezone(TORONTO).replace(tzinfo=None)
    assert meant.astimezone(zone).replace(tzinfo=None) >= shown.replace(fold=0) or zone == TORONTO


@given(people=st.integers(0, 300_000), hours=st.integers(1, 72))
def test_a_spread_is_even_and_loses_nobody(people, hours):
    slices = times.spread(people, hours=hours, begins_at=NINE)

    assert sum(one.people for one in slices) == people
    assert len({one.people for one in slices[:-1]}) <= 1
    assert all(0 < one.people <= times.MOST for one in slices)
    gaps = {round((b.due_at - a.due_at).total_seconds()) for a, b in pairwise(slices)}
    assert len(gaps) <= 2
    assert all(NINE <= one.due_at < NINE + hours * HOUR for one in slices)


@pytest.mark.parametrize(("people", "hours", "sizes"), [(5, 1, 5), (24, 1, 12), (100, 6, 50), (12_000, 1, 12)])
def test_a_spread_has_a_slice_every_five_minutes_or_one_for_each_person(people, hours, sizes):
    assert len(times.spread(people, hours=hours, begins_at=NINE)) == sizes
