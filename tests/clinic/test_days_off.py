"""Days off: the clinic's own, and the public holidays of its country or region."""

from datetime import date

import pytest

from clinic import days_off
from clinic.days_off import DaysOff
from clinic.models import Clinic, DayOff

OWN = {date(2027, 3, 9): "Stocktaking", date(2027, 3, 10): ""}
FAMILY_DAY, CANADA_DAY, SCOTTISH_NEW_YEAR = date(2027, 2, 15), date(2027, 7, 1), date(2027, 1, 4)


@pytest.mark.parametrize(
    ("region", "day", "label"),
    [
        ("CA-ON", FAMILY_DAY, "Family Day"),
        ("CA-ON", CANADA_DAY, "Canada Day"),
        ("CA", CANADA_DAY, "Canada Day"),
        ("CA", FAMILY_DAY, ""),
        ("GB-SCT", SCOTTISH_NEW_YEAR, "New Year Holiday (observed)"),
        ("GB-ENG", SCOTTISH_NEW_YEAR, ""),
        ("", CANADA_DAY, ""),
        ("CA-ON", date(2039, 7, 1), "Canada Day"),
    ],
)
def test_public_holidays_are_those_of_the_region_in_any_year(region: str, day: date, label: str):
    found = DaysOff({}, region)

    assert (day in found, found.label(day)) == (bool(label), label)


def test_own_days_off_count_wherever_the_clinic_is():
    found = DaysOff(OWN, "")

    assert [day in found for day in OWN] == [True, True]
    assert [found.label(day) for day in OWN] == ["Stocktaking", ""]
    assert date(2027, 3, 11) not in found


@pytest.mark.django_db
def test_they_are_read_from_the_profile_and_the_setup():
    DayOff.objects.create(on=date(2027, 3, 9), label="Stocktaking")

    found = days_off.of(Clinic(public_holidays="CA-ON"))

    assert [date(2027, 3, 9) in found, FAMILY_DAY in found, date(2027, 2, 16) in found] == [True, True, False]


def test_every_region_on_offer_has_holidays():
    _none, *countries = days_off.regions()
    codes = [code for _country, parts in countries for code, _said in parts]

    assert [code for code in codes if not days_off.public(code, 2027)] == []
    assert {"CA-ON", "GB-SCT", "US-NY", "AU-VIC"} < set(codes)
