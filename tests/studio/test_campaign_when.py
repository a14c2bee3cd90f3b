"""What a time means that is only thought about: night, time that is over, unknown zones, days off, clocks that jump."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from clinic.models import DayOff
from leads.models import Lead
from newsletter.campaigns import audience
from newsletter.campaigns.models import Timing
from newsletter.campaigns.moments import When
from newsletter.models import Campaign
from studio.forms.campaigns import WhenForm
from studio.queries.campaign_when import Outlook, outlook
from tests.factories import clinics, mail, people
from tests.newsletter.campaigns.letters import reader

pytestmark = pytest.mark.django_db
TORONTO = ZoneInfo("America/Toronto")
AFTERNOON = datetime(2027, 1, 5, 17, 50, tzinfo=TORONTO)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def clinic():
    return clinics.clinic()


@pytest.fixture
def news() -> Campaign:
    return mail.campaign(topic="newsletter")


def readers(*zones: str) -> list[Lead]:
    return [reader(time_zone=zone) for zone in zones]


def seen(of: Campaign, when: When, now: datetime = AFTERNOON) -> Outlook:
    return outlook(of, audience.count(of, now), when, now)


def at_six(timing: Timing, hours: int = 0) -> When:
    return When(AFTERNOON.replace(hour=18, minute=0), timing, hours)


def test_where_the_time_is_over_it_is_said_where_and_what_becomes_of_it(news):
    readers("America/Toronto", "America/Vancouver", "Europe/Berlin", "America/Sao_Paulo")

    found = seen(news, at_six(Timing.LEAD_ZONE))

    assert sorted(found.warnings) == [
        "18:00 is over already by Berlin time: 1 person gets it there on Wednesday 6 January at 18:00.",
        "18:00 is over already by Sao Paulo time: 1 person gets it at once, at 19:51 there.",
    ]


def test_a_time_within_the_minute_to_take_it_back_is_not_over(news):
    readers("America/Toronto", "")

    found = seen(news, When(AFTERNOON + timedelta(seconds=20), Timing.LEAD_ZONE))

    assert (found.first, found.warnings) == (AFTERNOON + timedelta(minutes=1), [])


def test_of_many_zones_the_others_are_summed_up(news):
    readers("Europe/London", "Europe/Berlin", "Asia/Tokyo", "Asia/Dubai", "Asia/Kolkata", "Asia/Kolkata")

    found = seen(news, at_six(Timing.LEAD_ZONE))

    assert len(found.warnings) == 5
    assert found.warnings[0].startswith("18:00 is over already by Kolkata time: 2 people get it")
    assert found.warnings[-1] == "It is over for 1 person in another zone too."


def test_who_never_told_a_zone_is_counted_where_zones_matter(news):
    readers("", "", "Mars/Olympus", "America/Toronto")

    assert [seen(news, at_six(timing, 1)).unknown for timing in Timing] == [0, 3, 0]


def test_only_a_part_of_what_is_spread_comes_at_night(news):
    readers("", "")

    found = seen(news, at_six(Timing.SPREAD, 4))

    assert found.warnings == ["2 people get it at 18:00\N{EN DASH}22:00: some of them before 08:00 or from 20:00 on."]


def test_at_everybodys_own_night_it_is_said_once(news):
    readers("", "Europe/Berlin", "America/Vancouver")
    night = AFTERNOON.replace(hour=21) + 24 * HOUR

    assert seen(news, When(night, Timing.LEAD_ZONE)).warnings == [
        "3 people get it before 08:00 or from 20:00 on, by their own clocks."
    ]


@pytest.mark.parametrize(
    ("hour", "minute", "warned"), [(10, 29, True), (10, 30, False), (16, 14, False), (16, 15, True), (21, 0, True)]
)
def test_what_is_early_and_late_are_the_clinics_hours_and_they_are_said(news, hour, minute, *, warned):
    clinics.clinic(writes_from=time(10, 30), writes_until=time(16, 15))
    readers("")
    at = AFTERNOON.replace(hour=hour, minute=minute) + 24 * HOUR

    said = f"1 person gets it at {hour}:{minute:02}: before 10:30 or from 16:15 on."
    assert seen(news, When(at)).warnings == ([said] if warned else [])


def test_where_the_clinic_writes_to_nobody_any_more_it_is_a_day_later(news):
    clinics.clinic(writes_until=time(19, 30))
    readers("America/Sao_Paulo")

    assert seen(news, at_six(Timing.LEAD_ZONE)).warnings == [
        "18:00 is over already by Sao Paulo time: 1 person gets it there on Wednesday 6 January at 18:00."
    ]


def test_a_time_costs_the_same_wherever_its_hours_come_from(news, django_assert_num_queries):
    readers("", "Europe/Berlin")
    counted = audience.count(news, AFTERNOON)

    with django_assert_num_queries(5):
        outlook(news, counted, at_six(Timing.LEAD_ZONE), AFTERNOON)


def test_every_day_on_which_it_leaves_is_looked_at(news):
    readers("")
    DayOff.objects.create(on="2027-01-06", label="Epiphany")
    course = people.lead()
    mail.enrolment(course, due_at=AFTERNOON + 30 * HOUR)

    found = seen(news, at_six(Timing.SPREAD, 30))

    assert found.warnings[1:] == [
        "Wednesday 6 January is a day off (Epiphany): nobody answers when people call.",
        "1 mail of the course leaves on Wednesday 6 January.",
    ]


def test_nobody_is_told_anything(news):
    found = seen(news, at_six(Timing.LEAD_ZONE))

    assert (found.first, found.arrivals, found.warnings) == (AFTERNOON.replace(hour=18, minute=0), [], [])


def chosen(at: str) -> WhenForm:
    with timezone.override(TORONTO):
        form = WhenForm({"when": "later", "at": at, "timing": "clinic"}, now=datetime(2027, 3, 1, tzinfo=UTC))
        form.is_valid()
    return form


def test_a_time_that_the_clocks_go_past_is_none():
    assert chosen("2027-03-14T02:30").errors == {"at": ["The clocks go past 02:30 on that day. Choose another time."]}


def test_a_time_that_the_clocks_show_twice_is_the_first():
    form = chosen("2027-11-07T01:30")

    assert form.errors == {}
    assert form.cleaned_data["at"].isoformat() == "2027-11-07T01:30:00-04:00"


def test_what_is_no_time_at_all_is_said_so():
    assert chosen("soon").errors == {"at": ["Enter a valid date/time."]}
