"""A time that staff think about for a campaign: when people get it by their own clocks, and what speaks against it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booking import times
from clinic import queries as clinic
from newsletter.campaigns import moments, queries
from newsletter.campaigns.audience import times as times_of
from newsletter.campaigns.models import Campaign, Timing
from newsletter.campaigns.moments import Arrival, When
from newsletter.campaigns.services import UNDO_LIVES
from studio.queries import calendar
from studio.queries.calendar import Day

MOST_ZONES = 4


@dataclass(frozen=True, slots=True)
class Outlook:
    """`arrivals` names other zones than the clinic's only, the most numerous; `others` are people in further zones."""

    first: datetime
    last: datetime
    arrivals: list[Arrival]
    others: int
    warnings: list[str]


def outlook(campaign: Campaign, when: When, now: datetime) -> Outlook:
    """What this time means for whoever would get it now."""
    home = clinic.zone()
    not_before = now + UNDO_LIVES
    people = queries.people_by_zone(campaign, now)
    every = list(moments.arrivals(when, not_before=not_before, home=home, people=people))
    elsewhere = [arrival for arrival in every if arrival.zone != home]
    first = min((arrival.first for arrival in every), default=max(when.at or now, not_before))
    return Outlook(
        first=first,
        last=max((arrival.last for arrival in every), default=first),
        arrivals=elsewhere[:MOST_ZONES],
        others=sum(arrival.people for arrival in elsewhere[MOST_ZONES:]),
        warnings=[
            *_quiet(every, home),
            *_late(every, when, home),
            *_that_day(campaign, (when.at or first).astimezone(home), now),
        ],
    )


def _quiet(every: list[Arrival], home: ZoneInfo) -> Iterator[str]:
    """Mail before eight and after eight in the evening, by the clocks of those who get it."""
    early = [arrival for arrival in every if arrival.is_quiet_time]
    for arrival in early[:MOST_ZONES]:
        local = _said(arrival, home)
        yield ngettext(
            "%(people)s person gets it at %(time)s: before 8 in the morning or after 8 in the evening.",
            "%(people)s people get it at %(time)s: before 8 in the morning or after 8 in the evening.",
            arrival.people,
        ) % {"people": _figure(arrival.people), "time": local}
    rest = sum(arrival.people for arrival in early[MOST_ZONES:])
    if rest:
        yield ngettext(
            "So does %(people)s person in another zone.", "So do %(people)s people in other zones.", rest
        ) % {"people": _figure(rest)}


def _late(every: list[Arrival], when: When, home: ZoneInfo) -> Iterator[str]:
    """Where clocks have shown the time of day already."""
    if when.timing != Timing.LEAD_ZONE or when.at is None:
        return
    late = sum(a.people for a in every if a.first != times_of.there(when.at, home=home, zone=a.zone))
    if late:
        yield ngettext(
            "For %(people)s person that time of day is over: they get it at once, or a day later.",
            "For %(people)s people that time of day is over: they get it at once, or a day later.",
            late,
        ) % {"people": _figure(late)}


def _that_day(campaign: Campaign, local: datetime, now: datetime) -> Iterator[str]:
    [day] = calendar.days(local.date(), 1, now, zone=clinic.zone())
    if day.off is not None:
        yield _("%(day)s is a day off%(why)s: nobody answers when people call.") % {
            "day": date_format(local, "l j F"),
            "why": f" ({day.off.label})" if day.off.label else "",
        }
    yield from _beside(campaign, day)


def _beside(campaign: Campaign, day: Day) -> Iterator[str]:
    for entry in day.entries:
        if entry.campaign.pk != campaign.pk:
            yield ngettext(
                "“%(name)s” goes to %(people)s person on the same day, at %(time)s.",
                "“%(name)s” goes to %(people)s people on the same day, at %(time)s.",
                entry.people,
            ) % {"name": entry.campaign.name, "people": _figure(entry.people), "time": f"{entry.at:%H:%M}"}
    if day.course:
        yield ngettext(
            "%(n)s mail of the course leaves on the same day.",
            "%(n)s mails of the course leave on the same day.",
            day.course,
        ) % {"n": _figure(day.course)}


def _said(arrival: Arrival, home: ZoneInfo) -> str:
    """06:30 in Vancouver; with its end where it takes hours."""
    first, last = arrival.first.astimezone(arrival.zone), arrival.last.astimezone(arrival.zone)
    span = f"{first:%H:%M}" if last - first < timedelta(hours=1) else f"{first:%H:%M}\N{EN DASH}{last:%H:%M}"
    return span if arrival.zone == home else f"{span} ({times.zone_place(arrival.zone)})"


def _figure(count: int) -> str:
    return number_format(count, force_grouping=True)
