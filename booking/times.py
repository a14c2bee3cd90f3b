"""How a moment is said to a person: in their time zone, with the zone's name beside it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby
from zoneinfo import ZoneInfo, available_timezones

from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _

CONTINENTS = frozenset(["Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"])


def zone_named(name: str) -> ZoneInfo | None:
    """The zone of this IANA name; None when nobody knows it."""
    return ZoneInfo(name) if name in _known() else None


def zone_or(name: str, fallback: ZoneInfo) -> ZoneInfo:
    """The zone of this IANA name; the fallback when nobody knows it."""
    return zone_named(name) or fallback


def said(moment: datetime, zone: ZoneInfo) -> str:
    """A moment in full, such as "Tuesday, 13 October at 9:40 a.m. (Toronto time, EDT)"."""
    return _("%(day)s at %(time)s (%(zone)s)") % {
        "day": day(moment, zone),
        "time": clock(moment, zone),
        "zone": zone_name(zone, moment),
    }


def said_together(moments: Sequence[datetime], zone: ZoneInfo) -> str:
    """Several moments, a line each, the zone named once at the end; empty for none."""
    if not moments:
        return ""
    each = [_("%(day)s at %(time)s") % {"day": day(moment, zone), "time": clock(moment, zone)} for moment in moments]
    return "\n".join([*each, f"({zone_place(zone)})"])


def day(moment: datetime, zone: ZoneInfo) -> str:
    """The local day, such as "Tuesday, 13 October"."""
    return date_format(moment.astimezone(zone), _("l, j F"))


def clock(moment: datetime, zone: ZoneInfo) -> str:
    """The local time of day, such as "9:40 a.m."."""
    return time_format(moment.astimezone(zone).time(), "P")


def zone_name(zone: ZoneInfo, moment: datetime) -> str:
    """The zone as it is at this moment, such as "Toronto time, EDT" or "Dubai time, UTC+4"."""
    if zone.key == "UTC":
        return "UTC"
    local = moment.astimezone(zone)
    short = local.tzname() or ""
    if not short.isalpha():
        short = _from_utc(local.utcoffset() or timedelta())
    return _("%(city)s time, %(zone)s") % {"city": _city(zone.key), "zone": short}


def zone_place(zone: ZoneInfo) -> str:
    """The zone whatever the season, such as "Toronto time"."""
    return "UTC" if zone.key == "UTC" else _("%(city)s time") % {"city": _city(zone.key)}


def zone_choices(chosen: ZoneInfo) -> list[tuple[str, list[tuple[str, str]]]]:
    """Every place that a select offers, by continent, the chosen one always among them."""
    choices = _places()
    if any(chosen.key in dict(places) for continent, places in choices):
        return choices
    return [*choices, ("", [(chosen.key, chosen.key)])]


@cache
def _places() -> list[tuple[str, list[tuple[str, str]]]]:
    names = sorted(name for name in _known() if name.partition("/")[0] in CONTINENTS)
    by_continent = groupby(names, key=lambda name: name.partition("/")[0])
    places = [(continent, [(name, _place(name)) for name in group]) for continent, group in by_continent]
    return [*places, ("UTC", [("UTC", "UTC")])]


@cache
def _known() -> frozenset[str]:
    return frozenset(available_timezones())


def _city(name: str) -> str:
    return name.rpartition("/")[2].replace("_", " ")


def _place(name: str) -> str:
    return ", ".join(reversed(name.replace("_", " ").split("/")[1:]))


def _from_utc(offset: timedelta) -> str:
    minutes = round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{hours}:{rest:02}" if rest else f"UTC{sign}{hours}"
