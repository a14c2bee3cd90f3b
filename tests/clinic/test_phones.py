"""Phone numbers as people write them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic import phones
from clinic.models import Clinic


@pytest.mark.parametrize(
    ("text", "jurisdiction", "expected"),
    [
        ("(416) 555-0123", "CA", "+14165550123"),
        ("01632 960123", "UK", "+441632960123"),
        ("0491 570 006", "AU", "+61491570006"),
        ("+49 30 23125 000", "CA", "+493023125000"),
    ],
)
def test_a_number_is_read_as_its_country_writes_it(text, jurisdiction, expected):
    region = phones.region(Clinic(jurisdiction=jurisdiction))

    assert phones.parse(text, region=region) == expected


@pytest.mark.parametrize(
    "text", ["", "call me", "555-0123", "911", "416 555 0123 ext 5", "4" * 30, "+999 1234567", "\x00", "+"]
)
def test_what_cannot_be_called_is_refused(text):
    with pytest.raises(phones.BadPhone):
        phones.parse(text, region="CA")


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_number_that_fits_the_column_or_refused(text):
    try:
        number = phones.parse(text, region="CA")
    except phones.BadPhone:
        return
    assert number.startswith("+")
    assert len(number) <= 16


def test_a_number_is_shown_readably_and_hinted_at():
    assert phones.readable("+14165550123") == "+1 416-555-0123"
    assert phones.readable("gone") == "gone"
    assert phones.hint("+14165550123") == "We call the number ending in 23."
    assert phones.hint("") == ""
