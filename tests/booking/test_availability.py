"""Open slots: the clinic's rules hold for every hour, zone and change of the clocks."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.availability import CALL, Hours, Rules, Span, blocked, few, open_slots

TORONTO = ZoneInfo("America/Toronto")
ZONES = ["America/Toronto", "Europe/London", "Australia/Lord_Howe", "America/St_Johns", "UTC"]
CHANGES = [
    datetime(2026, 3, 8, 12, tzinfo=UTC),
    datetime(2026, 11, 1, 12, tzinfo=UTC),
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC),
    datetime(2026, 10, 3, 15, tzinfo=UTC),
]

times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 5, 15, 30, 50]))
stretches = st.tuples(st.integers(0, 6), times, times).map(lambda drawn: Hours(drawn[0], *sorted(drawn[1:])))
moments = st.builds(
    lambda change, offset: change + timedelta(minutes=offset),
    st.sampled_from(CHANGES),
    st.integers(-4 * 1440, 2 * 1440),
)
rules = st.builds(
    Rules,
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    hours=st.lists(stretches, max_size=8),
    days_off=st.frozensets(st.dates(date(2026, 3, 5), date(2026, 3, 12)), max_size=3),
    notice=st.integers(0, 72).map(lambda hours: timedelta(hours=hours)),
    buffer=st.integers(0, 40).map(lambda minutes: timedelta(minutes=minutes)),
    horizon_days=st.integers(1, 6),
)


@st.composite
def diaries(draw):
    """Rules, a moment, and calls taken at some of the times that were open."""
    drawn, now = draw(rules), draw(moments)
    slots = open_slots(drawn, taken=[], now=now)
    booked = draw(st.lists(st.sampled_from(slots), unique=True, max_size=4)) if slots else []
    shift = timedelta(minutes=draw(st.integers(-20, 20)))
    return drawn, now, [blocked(slot + shift, drawn.buffer) for slot in booked]


@settings(deadline=None)
@given(diaries())
def test_every_slot_lies_within_the_opening_hours_of_its_local_day(diary):
    drawn, now, taken = diary

    for slot in open_slots(drawn, taken=taken, now=now):
        begins, ends = slot.astimezone(drawn.zone), (slot + CALL).astimezone(drawn.zone)
        assert any(
            hours.weekday == begins.weekday()
            and hours.opens_at <= begins.time().replace(tzinfo=None)
            and ends.replace(tzinfo=None) <= datetime.combine(begins.date(), hours.closes_at)
            for hours in drawn.hours
        )
        assert begins.date() not in drawn.days_off


@settings(deadline=None)
@given(diaries())
def test_every_slot_leaves_the_notice_and_stays_within_the_horizon(diary):
    drawn, now, taken = diary
    last = now.astimezone(drawn.zone).date() + timedelta(days=drawn.horizon_days)

    for slot in open_slots(drawn, taken=taken, now=now):
        assert slot >= now + drawn.notice
        assert slot.astimezone(drawn.zone).date() <= last


@settings(deadline=None)
@given(diaries())
def test_no_slot_overlaps_another_or_what_is_taken(diary):
    drawn, now, taken = diary
    spans = [blocked(slot, drawn.buffer) for slot in open_slots(drawn, taken=taken, now=now)]

    for earlier, later in pairwise(spans):
        assert earlier.ends_at <= later.starts_at
    assert not any(span.overlaps(other) for span in spans for other in taken)


@settings(deadline=None)
@given(diaries())
def test_no_time_on_the_wall_is_offered_twice(diary):
    drawn, now, taken = diary
    walls = [slot.astimezone(drawn.zone).replace(tzinfo=None) for slot in open_slots(drawn, taken=taken, now=now)]

    assert len(walls) == len(set(walls))


def sunday(*stretches, buffer=0):
    return Rules(
        zone=TORONTO,
        hours=[Hours(6, *stretch) for stretch in stretches],
        days_off=frozenset(),
        notice=timedelta(0),
        buffer=timedelta(minutes=buffer),
        horizon_days=1,
    )


def walls(slots, zone=TORONTO):
    return [f"{slot.astimezone(zone):%H:%M}" for slot in slots]


def test_an_hour_that_the_clocks_skip_is_not_offered():
    rules = sunday((time(1, 30), time(3, 30)))

    slots = open_slots(rules, taken=[], now=datetime(2026, 3, 7, 17, tzinfo=UTC))

    assert walls(slots) == ["01:30", "03:00", "03:15"]


def test_an_hour_that_comes_twice_is_offered_once():
    rules = sunday((time(1, 0), time(2, 30)))

    slots = open_slots(rules, taken=[], now=datetime(2026, 10, 31, 17, tzinfo=UTC))

    assert walls(slots) == ["01:00", "01:15", "01:30", "02:00", "02:15"]
    assert slots[0] == datetime(2026, 11, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("buffer", "expected"),
    [
        (0, ["09:00", "09:15", "09:30", "09:45"]),
        (5, ["09:00", "09:20", "09:40"]),
        (7, ["09:00", "09:25"]),
    ],
)
def test_the_buffer_spaces_the_times_and_may_run_past_closing(buffer, expected):
    rules = sunday((time(9), time(10)), buffer=buffer)

    slots = open_slots(rules, taken=[], now=datetime(2026, 6, 6, 17, tzinfo=UTC))

    assert walls(slots) == expected


def test_a_call_taken_off_the_grid_closes_every_time_that_it_touches():
    rules = sunday((time(9), time(11)), buffer=5)
    taken = [Span(datetime(2026, 6, 7, 13, 30, tzinfo=UTC), datetime(2026, 6, 7, 13, 50, tzinfo=UTC))]

    slots = open_slots(rules, taken=taken, now=datetime(2026, 6, 6, 17, tzinfo=UTC))

    assert walls(slots) == ["09:00", "10:00", "10:20", "10:40"]


def test_hours_that_overlap_are_offered_once():
    rules = sunday((time(9), time(10)), (time(9, 30), time(10, 30)))

    slots = open_slots(rules, taken=[], now=datetime(2026, 6, 6, 17, tzinfo=UTC))

    assert walls(slots) == ["09:00", "09:15", "09:30", "09:45", "10:00", "10:15"]


def test_the_notice_counts_to_the_minute():
    rules = sunday((time(9), time(10)))
    opening = datetime(2026, 6, 7, 13, tzinfo=UTC)

    assert walls(open_slots(rules, taken=[], now=opening))[0] == "09:00"
    assert walls(open_slots(rules, taken=[], now=opening + timedelta(seconds=1)))[0] == "09:15"


def test_the_few_times_named_in_a_mail_are_spread_over_days():
    slots = [datetime(2026, 6, day, hour, tzinfo=UTC) for day in (8, 9) for hour in (13, 14)]

    assert few(slots, zone=TORONTO) == [slots[0], slots[1], slots[2]]
    assert few(slots[:1], zone=TORONTO) == slots[:1]
    assert few([], zone=TORONTO) == []
