from datetime import UTC, datetime

import pytest

from leads.consent.terms import months_later


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ((2026, 1, 15), 6, (2026, 7, 15)),
        ((2026, 8, 31), 6, (2027, 2, 28)),
        ((2027, 8, 31), 6, (2028, 2, 29)),
        ((2026, 12, 31), 1, (2027, 1, 31)),
        ((2026, 1, 31), 1, (2026, 2, 28)),
    ],
)
def test_a_month_ends_on_the_same_day_or_the_last_there_is(start, months, end):
    assert months_later(datetime(*start, 9, 30, tzinfo=UTC), months) == datetime(*end, 9, 30, tzinfo=UTC)
