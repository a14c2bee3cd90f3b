"""A time that staff think about for a campaign: when people get it by their own clocks, and what speaks against it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from booking import times
from clinic import queries as clinic
from leads.segments.looked import figure
from newsletter.campaigns import moments
from newsletter.campaigns.audience import Counted
from newsletter.campaigns.audience.times import Awake
from newsletter.campaigns.models import Campaign, Timing
from newsletter.campaigns.moments import Arrival, When
from newsletter.campaigns.services import UNDO_LIVES
from studio.queries import calendar
from studio.queries.calendar import Day

MOST_ZONES = 4


@dataclass(frozen=True, slots=True)
class Outlook:
    """`arrivals` names other zones than the clinic's only, the most numerous; `others` are people in further zones.

    `unknown` is how many told no zone, where that matters: they get it by the clinic's clock.
    """

    first: datetime
    last: datetime
    arrivals: list[Arrival]
    others: int
    unknown: int
    warnings: list[str]


def outlook(campaign: Campaign, counted: Counted, when: When, now: datetime) -> Outlook:
    """What this time means for whoever would get it now."""
    profile = clinic.profile()
    home, awake = ZoneInfo(profile.time_zone), Awake.of(profile)
    not_before = now + UNDO_LIVES
    people = moments.zones(counted.zones, home)
    every = list(moments.arrivals(when, not_before=not_before, home=home, people=people, awake=awake))
    elsewhere = [arrival for arrival in every if arrival.zone != home]
    first = min((arrival.first for arrival in every), default=max(when.at or now, not_before))
    last = max((arrival.last for arrival in every), default=first)
    days = calendar.days(*_from_to(first, last, home), now, zone=home, awake=awake)
    return Outlook(
        first=first,
        last=last,
        arrivals=elsewhere[:MOST_ZONES],
        others=sum(arrival.people for arrival in elsewhere[MOST_ZONES:]),
        unknown=moments.without_zone(counted.zones) if when.timing == Timing.LEAD_ZONE else 0,
        warnings=[
            *_late(every, when, home),
            *_quiet(every, when, home),
            *_those_days(campaign, days),
        ],
    )


def _late(every: list[Arrival], when: When, home: ZoneInfo) -> Iterator[str]:
    """Where clocks have shown the time of day already, and what becomes of it there."""
    late = [arrival for arrival in every if arrival.first - arrival.meant > UNDO_LIVES]
    for arrival in late[:MOST_ZONES]:
        yield _late_in(arrival)
    rest = sum(arrival.people for arrival in late[MOST_ZONES:])
    if rest:
        yield ngettext(
            "It is over for %(people)s person in another zone too.",
            "It is over for %(people)s people in other zones too.",
            rest,
        ) % {"people": figure(rest)}


def _late_in(arrival: Arrival) -> str:
    gets_it = arrival.first.astimezone(arrival.zone)
    values = {
        "people": figure(arrival.people),
        "place": times.zone_place(arrival.zone),
        "meant": f"{arrival.meant.astimezone(arrival.zone):%H:%M}",
        "day": date_format(gets_it, "l j F"),
        "time": f"{gets_it:%H:%M}",
    }
    if arrival.is_next_day:
        said = ngettext(
            "%(meant)s is over already by %(place)s: %(people)s person gets it there on %(day)s at %(time)s.",
            "%(meant)s is over already by %(place)s: %(people)s people get it there on %(day)s at %(time)s.",
            arrival.people,
        )
    else:
        said = ngettext(
            "%(meant)s is over already by %(place)s: %(people)s person gets it at once, at %(time)s there.",
            "%(meant)s is over already by %(place)s: %(people)s people get it at once, at %(time)s there.",
            arrival.people,
        )
    return said % values


def _quiet(every: list[Arrival], when: When, home: ZoneInfo) -> Iterator[str]:
    """Mail in the clinic's quiet hours, by the clocks of those who get it."""
    early = [arrival for arrival in every if arrival.is_quiet_time]
    if early and when.timing == Timing.LEAD_ZONE:
        people, awake = sum(arrival.people for arrival in early), early[0].awake
        yield ngettext(
            "%(people)s person gets it before %(opens)s or from %(closes)s on, by their own clock.",
            "%(people)s people get it before %(opens)s or from %(closes)s on, by their own clocks.",
            people,
        ) % {"people": figure(people), **_hours(awake)}
        return
    for arrival in early[:MOST_ZONES]:
        yield _quiet_in(arrival, home)
    rest = sum(arrival.people for arrival in early[MOST_ZONES:])
    if rest:
        yield ngettext(
            "So does %(people)s person in another zone.", "So do %(people)s people in other zones.", rest
        ) % {"people": figure(rest)}


def _quiet_in(arrival: Arrival, home: ZoneInfo) -> str:
    values = {"people": figure(arrival.people), "time": _said(arrival, home), **_hours(arrival.awake)}
    if arrival.last > arrival.first:
        said = ngettext(
            "%(people)s person gets it at %(time)s: that may be before %(opens)s or from %(closes)s on.",
            "%(people)s people get it at %(time)s: some of them before %(opens)s or from %(closes)s on.",
            arrival.people,
        )
    else:
        said = ngettext(
            "%(people)s person gets it at %(time)s: before %(opens)s or from %(closes)s on.",
            "%(people)s people get it at %(time)s: before %(opens)s or from %(closes)s on.",
            arrival.people,
        )
    return said % values


def _hours(awake: Awake) -> dict[str, str]:
    return {"opens": f"{awake.opens:%H:%M}", "closes": f"{awake.closes:%H:%M}"}


def _from_to(first: datetime, last: datetime, home: ZoneInfo) -> tuple[date, int]:
    """The clinic's day of the first, and how many days it takes up to the last."""
    begins, ends = first.astimezone(home).date(), last.astimezone(home).date()
    return begins, (ends - begins).days + 1


def _those_days(campaign: Campaign, days: list[Day]) -> Iterator[str]:
    """Days off, and what else leaves on the days on which it does."""
    for day in days:
        if day.off is not None:
            yield _("%(day)s is a day off%(why)s: nobody answers when people call.") % {
                "day": date_format(day.on, "l j F"),
                "why": f" ({day.off.label})" if day.off.label else "",
            }
    for day in days:
        yield from _beside(campaign, day)


def _beside(campaign: Campaign, day: Day) -> Iterator[str]:
    on = date_format(day.on, "l j F")
    for entry in day.entries:
        if entry.campaign.pk != campaign.pk and not entry.is_over:
            yield ngettext(
                "“%(name)s” goes to %(people)s person on %(day)s, at %(time)s.",
                "“%(name)s” goes to %(people)s people on %(day)s, at %(time)s.",
                entry.people,
            ) % {"name": entry.campaign.name, "people": figure(entry.people), "day": on, "time": f"{entry.at:%H:%M}"}
    if day.course:
        yield ngettext(
            "%(n)s mail of the course leaves on %(day)s.", "%(n)s mails of the course leave on %(day)s.", day.course
        ) % {"n": figure(day.course), "day": on}


def _said(arrival: Arrival, home: ZoneInfo) -> str:
    """06:30 in Vancouver; with its end where it takes hours."""
    first, last = arrival.first.astimezone(arrival.zone), arrival.last.astimezone(arrival.zone)
    span = f"{first:%H:%M}" if last - first < timedelta(hours=1) else f"{first:%H:%M}\N{EN DASH}{last:%H:%M}"
    return span if arrival.zone == home else f"{span} ({times.zone_place(arrival.zone)})"
