"""Days on which no mail of a sequence goes: the clinic's own days off, and the public holidays where it is."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from importlib import import_module
from typing import Any

from django.utils.translation import gettext as _

from clinic.models import Clinic, DayOff, Jurisdiction

COUNTRIES = {
    Jurisdiction.CANADA: "CA",
    Jurisdiction.UNITED_KINGDOM: "GB",
    Jurisdiction.UNITED_STATES: "US",
    Jurisdiction.AUSTRALIA: "AU",
}

Choices = list[tuple[str, str | list[tuple[str, str]]]]


class DaysOff:
    """Whether a date is one, in any year; and what it is called."""

    def __init__(self, own: Mapping[date, str], region: str) -> None:
        self.own, self.region = own, region

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and (day in self.own or day in public(self.region, day.year))

    def label(self, day: date) -> str:
        return self.own.get(day) or public(self.region, day.year).get(day, "")


def of(clinic: Clinic) -> DaysOff:
    """Those of this clinic, read now."""
    return DaysOff({day.on: day.label for day in DayOff.objects.all()}, clinic.public_holidays)


def _country(code: str, **of: Any) -> Any:
    """Asked for when it is needed: the library takes 12 MB, and a sender needs none of it."""
    return import_module("holidays").country_holidays(code, **of)


@lru_cache(maxsize=64)
def public(region: str, year: int) -> Mapping[date, str]:
    """The public holidays of a country or of a region of it (“CA”, “CA-ON”) by date; none where there is no region."""
    country, _dash, part = region.partition("-")
    if not country:
        return {}
    return dict(_country(country, subdiv=part or None, years=year))


def regions() -> Choices:
    """Every country with its regions, as a menu shows them."""
    return [("", _("None")), *((str(place.label), _parts(code, str(place.label))) for place, code in COUNTRIES.items())]


def _parts(country: str, name: str) -> list[tuple[str, str]]:
    """A region has names in several languages: the first one is taken."""
    aliases = _country(country).subdivisions_aliases
    named: dict[str, str] = {}
    for alias, code in aliases.items():
        named.setdefault(code, alias)
    everywhere = (country, _("%(country)s, everywhere the same") % {"country": name})
    return [everywhere, *((f"{country}-{code}", said) for code, said in sorted(named.items(), key=lambda one: one[1]))]
