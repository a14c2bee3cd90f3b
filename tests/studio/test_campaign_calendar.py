"""Four weeks of what leaves: campaigns, mails of the course, days off, drafts made by themselves."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from clinic.clock import database_now
from clinic.models import Clinic, DayOff
from leads.models import Lead
from newsletter.campaigns import again, services
from newsletter.campaigns.audience.times import Awake
from newsletter.campaigns.models import Timing
from newsletter.campaigns.moments import When
from newsletter.models import Campaign
from studio.queries import calendar
from studio.queries.calendar import Day
from tests.factories import mail, people
from tests.newsletter.campaigns.letters import reader
from tests.studio.campaigns import campaign, leaving_now, url

TORONTO = ZoneInfo("America/Toronto")
AWAKE = Awake(time(8), time(20))
PAGE = reverse("studio:campaign_calendar")


def shown(studio: Client, **asked: str) -> dict[date, Day]:
    return {day.on: day for week in studio.get(PAGE, asked).context["weeks"] for day in week}


def local(days: int, hour: int = 10) -> datetime:
    at = database_now().astimezone(TORONTO) + timedelta(days=days)
    return at.replace(hour=hour, minute=0, second=0, microsecond=0)


def test_four_weeks_begin_on_a_monday_with_today_in_the_first(studio: Client) -> None:
    days = shown(studio)

    today = local(0).date()
    assert (len(days), min(days).weekday()) == (28, 0)
    assert today - min(days) < timedelta(days=7)
    assert [day.on for day in days.values() if day.is_today] == [today]


def test_what_leaves_stands_on_its_day_of_the_clinic(
    studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    services.schedule(draft, at=local(2, hour=23), by=owner, now=database_now())
    gone = leaving_now(campaign(owner, name="Gone"), owner)
    mail.enrolment(people.lead(), due_at=local(3))
    DayOff.objects.create(on=local(4).date(), label="Stocktaking")
    again.repeat(gone, day=local(5).day if local(5).day <= 28 else 1, by=owner, now=database_now())
    gone.refresh_from_db()

    days = shown(studio, **{"from": str(local(0).date())})

    assert [entry.campaign for entry in days[local(2).date()].entries] == [draft]
    assert [(entry.campaign, entry.people) for entry in days[local(0).date()].entries] == [(gone, 3)]
    assert days[local(3).date()].course == 1
    assert str(days[local(4).date()].off.label) == "Stocktaking"
    assert gone.next_draft_on not in days or days[gone.next_draft_on].drafts == [gone]


def test_a_scheduled_one_is_taken_back_from_here_too(
    studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    services.schedule(draft, at=local(2), by=owner, now=database_now())

    assert f'action="{url("campaign_unschedule", draft)}"' in studio.get(PAGE).text


def test_a_draft_has_no_day(studio: Client, draft: Campaign) -> None:
    assert [day for day in shown(studio).values() if day.entries] == []


def test_the_first_and_the_last_moment_of_a_day_are_of_that_day(
    owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    day = local(5).date()
    midnight = datetime(day.year, day.month, day.day, tzinfo=TORONTO)
    found = []
    for moment in (midnight - timedelta(seconds=1), midnight, midnight + timedelta(hours=23, minutes=59)):
        services.schedule(draft, at=moment, by=owner, now=database_now())
        found.append(len(calendar.days(day, 1, database_now(), zone=TORONTO, awake=AWAKE)[0].entries))
        services.unschedule(draft, by=owner)

    assert found == [0, 1, 1]


@pytest.mark.parametrize("asked", ["", "yesterday", "2026-02-30", "0001-01-01", "9999-12-31", "\0"])
def test_a_day_that_is_none_is_today(asked: str, studio: Client) -> None:
    assert local(0).date() in shown(studio, **{"from": asked})


def test_other_weeks_can_be_looked_at(studio: Client) -> None:
    page = studio.get(PAGE)

    assert page.context["later"] in shown(studio, **{"from": str(page.context["later"])})
    assert local(0).date() not in shown(studio, **{"from": str(page.context["later"])})


def test_the_calendar_costs_the_same_for_no_campaign_as_for_three(
    studio: Client, owner: User, readers: list[Lead]
) -> None:
    asked = []
    for _ in range(4):
        with CaptureQueriesContext(connection) as queries:
            studio.get(PAGE)
        asked.append(len(queries))
        services.schedule(campaign(owner), at=local(1), by=owner, now=database_now())

    assert asked == [asked[0]] * 4


def test_what_is_spread_over_days_stands_on_each_of_them(
    studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    services.schedule(draft, at=When(local(2, hour=18), Timing.SPREAD, 40), by=owner, now=database_now())

    days = shown(studio, **{"from": str(local(2).date())})
    text = studio.get(PAGE, {"from": str(local(2).date())}).text

    entries = [entry for day in days.values() for entry in day.entries]
    assert [(entry.on, entry.is_first_day, entry.is_last_day, entry.is_quiet_time) for entry in entries] == [
        (local(2).date(), True, False, True),
        (local(3).date(), False, False, True),
        (local(4).date(), False, True, True),
    ]
    said = ["18:00 on", "It goes on all day", "It goes on until ", "Partly in quiet hours", "Take it back"]
    assert [text.count(words) for words in said] == [1] * 5


def test_what_leaves_by_each_readers_clock_stands_on_the_day_that_was_chosen(
    studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    reader(time_zone="Pacific/Auckland")
    services.schedule(draft, at=When(local(5, hour=9), Timing.LEAD_ZONE), by=owner, now=database_now())
    draft.refresh_from_db()
    services.start_due(draft.start_at)

    from_ = {"from": str(local(4).date())}
    days, text = shown(studio, **from_), studio.get(PAGE, from_).text

    entries = {day.on: entry for day in days.values() for entry in day.entries}
    assert {on: entry.is_last_day for on, entry in entries.items()} == {local(4).date(): False, local(5).date(): True}
    assert "09:00 where each reader lives, 4 people" in text
    assert "The first, further east, get it from " in text
    assert not entries[local(5).date()].is_quiet_time


@pytest.mark.parametrize(("hour", "marked"), [(7, True), (8, False), (19, False), (20, True)])
def test_what_leaves_in_quiet_hours_is_marked(
    hour: int, *, marked: bool, studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    services.schedule(draft, at=local(2, hour=hour), by=owner, now=database_now())

    text = studio.get(PAGE, {"from": str(local(2).date())}).text

    assert ("In quiet hours" in text) == marked


@pytest.mark.parametrize(("hour", "marked"), [(9, True), (10, False), (15, False), (16, True)])
def test_which_hours_are_quiet_the_profile_says_and_so_does_the_page(
    hour: int, *, marked: bool, studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    Clinic.objects.update(writes_from=time(9, 30), writes_until=time(16))
    services.schedule(draft, at=local(2, hour=hour), by=owner, now=database_now())

    text = studio.get(PAGE, {"from": str(local(2).date())}).text

    assert ("In quiet hours" in text) == marked
    assert "What people get before 09:30 or from 16:00 on is marked." in text


def test_what_is_spread_until_the_clinic_stops_to_write_is_not_marked(
    studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    services.schedule(draft, at=When(local(2, hour=18), Timing.SPREAD, 2), by=owner, now=database_now())

    assert "quiet hours" not in studio.get(PAGE, {"from": str(local(2).date())}).text


def test_what_is_over_is_not_marked_any_more(studio: Client, owner: User, draft: Campaign, readers: list[Lead]) -> None:
    services.schedule(draft, at=local(2, hour=22), by=owner, now=database_now())
    services.start_due(local(2, hour=22))
    services.cancel(draft, by=owner, now=database_now())

    text = studio.get(PAGE, {"from": str(local(2).date())}).text

    assert ("In quiet hours" in text, draft.name in text) == (False, True)
