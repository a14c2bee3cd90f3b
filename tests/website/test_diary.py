"""Free times laid out by day and page, and read back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from website import diary
from website.diary import Day, FreeTime

NOON = datetime(2026, 10, 13, 12, tzinfo=UTC)
TOKYO = ZoneInfo("Asia/Tokyo")


def daily(number):
    return [NOON + timedelta(days=day) for day in range(number)]


def test_times_fall_on_the_days_of_the_zone_they_are_shown_in():
    late = NOON + timedelta(hours=3, minutes=20)

    assert diary.days([NOON, late], TOKYO) == [
        Day("Tuesday, 13 October", [FreeTime("2026-10-13T12:00Z", "9 p.m.")]),
        Day("Wednesday, 14 October", [FreeTime("2026-10-13T15:20Z", "12:20 a.m.")]),
    ]


@pytest.mark.parametrize(
    ("asked", "shown"),
    [("", (20, None, 1)), ("0", (20, None, 1)), ("1", (20, 0, 2)), ("2", (5, 1, None)), ("99", (5, 1, None))],
)
def test_a_long_diary_comes_in_pages(asked, shown):
    page = diary.page(diary.days(daily(45), TOKYO), asked=asked, chosen="")

    assert (len(page.days), page.earlier, page.later) == shown


@pytest.mark.parametrize("asked", ["-1", "x", "²", "٣", "9" * 5000, "\x00"])
def test_a_page_that_is_no_number_is_the_first(asked):
    page = diary.page(diary.days(daily(45), TOKYO), asked=asked, chosen="")

    assert page.earlier is None


def test_the_page_with_the_chosen_time_is_shown_whatever_was_asked_for():
    slots = daily(45)
    page = diary.page(diary.days(slots, TOKYO), asked="0", chosen=diary.write(slots[30]))

    assert diary.write(slots[30]) in [free.value for day in page.days for free in day.times]


@pytest.mark.parametrize("number", [0, 1, 20])
def test_a_short_diary_is_one_page(number):
    page = diary.page(diary.days(daily(number), TOKYO), asked="", chosen="")

    assert (len(page.days), page.earlier, page.later) == (number, None, None)


@settings(deadline=None)
@given(st.datetimes(datetime(2026, 1, 1), datetime(2040, 1, 1), timezones=st.just(TOKYO)))
def test_a_written_moment_reads_back_to_the_minute(moment):
    assert diary.read(diary.write(moment)) == moment.replace(second=0, microsecond=0)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_as_a_moment_or_as_none(text):
    moment = diary.read(text)

    assert moment is None or moment.tzinfo is UTC
