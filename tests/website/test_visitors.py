"""What visitors' templates can ask for."""

import pytest

from website.diary import Day, FreeTime
from website.templatetags import visitors

MONDAY = Day(
    "Monday, 12 October", [FreeTime("2026-10-12T13:00Z", "9 a.m."), FreeTime("2026-10-12T13:20Z", "9:20 a.m.")]
)


@pytest.mark.parametrize(
    ("number", "readable", "dialled"),
    [
        ("+14165550100", "+1 416-555-0100", "tel:+14165550100"),
        ("(416) 555 0100", "(416) 555 0100", "tel:4165550100"),
        ("911", "911", "tel:911"),
    ],
)
def test_numbers_are_read_by_people_and_dialled_by_phones(number, readable, dialled):
    assert (visitors.readable(number), visitors.dialled(number)) == (readable, dialled)


@pytest.mark.parametrize(
    ("value", "is_offered"), [("2026-10-12T13:20Z", True), ("2026-10-13T13:20Z", False), ("", False)]
)
def test_a_day_offers_its_own_times(value, is_offered):
    assert visitors.offers(MONDAY, value) == is_offered
