from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.sequences import schedule
from newsletter.sequences.schedule import Calendar, NeverOpen, Wait, Window, next_moment, zone_of

EVERY_DAY = frozenset(range(7))
OFFICE = Calendar(Window(EVERY_DAY, time(9), time(18)))
ALWAYS = Calendar(Window(EVERY_DAY, time(0), time.max))
TORONTO, LONDON = ZoneInfo("America/Toronto"), ZoneInfo("Europe/London")
ZONES = [
    "America/Toronto",
    "America/St_Johns",
    "America/Santiago",
    "America/Havana",
    "America/Asuncion",
    "Europe/London",
    "Europe/Dublin",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "UTC",
]


def local(text: str, zone: ZoneInfo = TORONTO, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


def after(text: str, *, days: int, calendar: Calendar = OFFICE, zone: ZoneInfo = TORONTO, fold: int = 0) -> str:
    moment = next_moment(local(text, zone, fold), wait=Wait(days), calendar=calendar, zone=zone)
    assert moment.tzinfo is UTC
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M %Z}"


def test_a_step_goes_days_later_at_the_same_local_time():
    assert after("2027-01-04 10:30", days=2) == "2027-01-06 10:30 EST"


def test_the_day_the_clocks_go_forward_is_an_hour_shorter():
    moment = next_moment(local("2027-03-13 10:30"), wait=Wait(1), calendar=OFFICE, zone=TORONTO)

    assert moment - local("2027-03-13 10:30") == timedelta(hours=23)
    assert after("2027-03-13 10:30", days=1) == "2027-03-14 10:30 EDT"


def test_a_time_that_the_clocks_skip_becomes_the_first_instant_after_the_gap():
    assert after("2027-03-12 02:30", days=2, calendar=ALWAYS) == "2027-03-14 03:00 EDT"


def test_a_time_that_the_clocks_show_twice_is_the_first_of_the_two():
    assert after("2027-11-05 01:30", days=2, calendar=ALWAYS) == "2027-11-07 01:30 EDT"


def test_what_is_due_in_the_repeated_hour_never_goes_in_the_hour_before():
    assert after("2027-11-07 01:30", days=0, calendar=ALWAYS, fold=1) == "2027-11-07 01:30 EST"


def test_a_window_that_opens_in_the_repeated_hour_opens_again_for_who_came_between():
    late = Calendar(Window(EVERY_DAY, time(1, 45), time(2)))

    assert after("2027-11-07 01:30", days=0, calendar=late) == "2027-11-07 01:45 EDT"
    assert after("2027-11-07 01:30", days=0, calendar=late, fold=1) == "2027-11-07 01:45 EST"


def test_a_window_inside_the_gap_does_not_open_that_day():
    inside = Calendar(Window(EVERY_DAY, time(2, 15), time(2, 45)))

    assert after("2027-03-14 00:30", days=0, calendar=inside) == "2027-03-15 02:15 EDT"


def test_what_is_due_before_the_window_opens_waits_for_the_opening():
    assert after("2027-01-04 06:10", days=1) == "2027-01-05 09:00 EST"


def test_what_is_due_after_the_window_closes_waits_for_the_next_day():
    assert after("2027-01-04 17:59", days=1) == "2027-01-05 17:59 EST"
    assert after("2027-01-04 18:00", days=1) == "2027-01-06 09:00 EST"


def test_closed_weekdays_and_days_off_are_passed_over():
    weekdays = Calendar(Window(frozenset(range(5)), time(9), time(18)), frozenset({date(2027, 1, 11)}))

    assert after("2027-01-07 10:30", days=1, calendar=weekdays) == "2027-01-08 10:30 EST"
    assert after("2027-01-07 10:30", days=2, calendar=weekdays) == "2027-01-12 09:00 EST"


def test_the_window_is_in_the_zone_that_is_given():
    moment = next_moment(datetime(2027, 1, 4, 12, tzinfo=UTC), calendar=OFFICE, zone=TORONTO)

    assert moment == datetime(2027, 1, 4, 14, tzinfo=UTC)


def test_a_calendar_without_an_open_day_is_refused():
    with pytest.raises(NeverOpen):
        after("2027-01-04 10:30", days=1, calendar=Calendar(Window(frozenset(), time(9), time(18))))


def test_a_short_day_is_plain_arithmetic_at_any_hour():
    demo = Calendar(OFFICE.window, day_length=timedelta(seconds=6))

    assert after("2027-01-04 23:00", days=10, calendar=demo) == "2027-01-04 23:01 EST"
    assert demo.hour == timedelta(seconds=0.25)


def test_an_empty_or_unknown_zone_is_the_default():
    assert zone_of("Europe/London", TORONTO) == LONDON
    assert [zone_of(name, TORONTO) for name in ("", "Mars/Olympus", "../etc/passwd", "America")] == [TORONTO] * 4


def changes(name: str) -> list[datetime]:
    """The instants from 2026 to 2030 at which this zone's clocks change, to the minute."""
    zone, found = ZoneInfo(name), []
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
    while start < end:
        following = start + timedelta(hours=6)
        if start.astimezone(zone).utcoffset() != following.astimezone(zone).utcoffset():
            found.append(next(m for m in minutes(start) if offset(m, zone) != offset(start, zone)))
        start = following
    return found


def minutes(start: datetime):
    return (start + timedelta(minutes=number) for number in range(361))


def offset(moment: datetime, zone: ZoneInfo) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()


CHANGES = {name: changes(name) for name in ZONES}
zone_names = st.sampled_from(ZONES)
any_moment = st.datetimes(datetime(2026, 1, 1), datetime(2030, 12, 1), timezones=st.just(UTC))
waits = st.integers(0, 21)


@st.composite
def moments(draw: st.DrawFn, name: str, wait: int) -> datetime:
    """Any moment; every other time one whose wait ends within hours of a change of this zone's clocks."""
    if not CHANGES[name] or draw(st.booleans()):
        return draw(any_moment)
    near = timedelta(seconds=draw(st.integers(-4 * 3600, 4 * 3600)))
    return draw(st.sampled_from(CHANGES[name])) - wait * schedule.ONE_DAY + near


@st.composite
def cases(draw: st.DrawFn) -> tuple[datetime, int, Calendar, ZoneInfo]:
    name, wait = draw(zone_names), draw(waits)
    opens, closes = sorted(draw(st.sets(st.integers(0, 24 * 60 - 1), min_size=2, max_size=2)))
    weekdays = draw(st.frozensets(st.integers(0, 6), min_size=1))
    after = draw(moments(name, wait))
    days_off = draw(st.frozensets(st.integers(0, 40), max_size=6))
    window = Window(weekdays, time(opens // 60, opens % 60), time(closes // 60, closes % 60))
    off = frozenset(after.date() + number * schedule.ONE_DAY for number in days_off)
    return after, wait, Calendar(window, off), ZoneInfo(name)


@settings(max_examples=250, deadline=None)
@given(cases())
def test_nothing_goes_early_or_outside_its_window(case):
    after, wait, calendar, zone = case
    moment = next_moment(after, wait=Wait(wait), calendar=calendar, zone=zone)
    seen = moment.astimezone(zone)

    assert moment >= after
    assert seen.date() >= after.astimezone(zone).date() + wait * schedule.ONE_DAY
    assert calendar.window.allows(seen, calendar.days_off)
    assert moment.astimezone(zone).astimezone(UTC) == moment


@settings(max_examples=250, deadline=None)
@given(cases())
def test_no_open_moment_is_passed_over(case):
    """Between the end of the wait and the answer no quarter of an hour is open, but for an hour shown again."""
    after, wait, calendar, zone = case
    earliest = next_moment(after, wait=Wait(wait), calendar=ALWAYS, zone=zone)
    moment = next_moment(after, wait=Wait(wait), calendar=calendar, zone=zone)
    step, passed = timedelta(minutes=15), []
    probe = earliest
    while probe < min(moment, earliest + timedelta(days=3)):
        seen = probe.astimezone(zone)
        if not seen.fold and calendar.window.allows(seen, calendar.days_off):
            passed.append(probe)
        probe += step

    assert passed == []


@settings(max_examples=250, deadline=None)
@given(cases(), st.integers(0, 3 * 86400))
def test_who_starts_later_never_goes_earlier(case, seconds):
    """To within the hour that the clocks repeat: there, a later start has an earlier time of day."""
    after, wait, calendar, zone = case
    first = next_moment(after, wait=Wait(wait), calendar=calendar, zone=zone)
    later = after + timedelta(seconds=seconds)
    second = next_moment(later, wait=Wait(wait), calendar=calendar, zone=zone)
    turned_back = max(timedelta(0), (offset(after, zone) or timedelta(0)) - (offset(later, zone) or timedelta(0)))

    assert second >= first - turned_back
    if not turned_back:
        assert second >= first


@settings(max_examples=150, deadline=None)
@given(zone_names, st.data())
def test_one_nine_o_clock_on_the_day_the_clocks_change(name, data):
    """A daily mail goes exactly once on every local date, over every change of the clocks."""
    zone, calendar = ZoneInfo(name), Calendar(Window(EVERY_DAY, time(9), time(18)))
    moment = next_moment(data.draw(moments(name, 3)), calendar=calendar, zone=zone)
    dates = []
    for _ in range(8):
        dates.append(moment.astimezone(zone).date())
        moment = next_moment(moment, wait=Wait(1), calendar=calendar, zone=zone)

    assert dates == [dates[0] + number * schedule.ONE_DAY for number in range(8)]
