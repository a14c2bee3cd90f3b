"""The last look: what, to how many, when, what the checks say; and what is pressed is what was looked at."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.formats import date_format

from accounts.models import AuditEvent, User
from clinic.clock import database_now
from clinic.models import DayOff
from leads.models import Segment
from newsletter.campaigns.models import CampaignStatus
from newsletter.deliveries.models import Kind, State
from newsletter.deliveries.standing import holds
from newsletter.models import Campaign, Delivery, EmailTemplate, Outcome
from tests.factories import people
from tests.studio.campaigns import MINUTE, campaign, fresh, pressed, said, scheduled, url
from tests.studio.post_office import leaving

TORONTO = ZoneInfo("America/Toronto")
ZONES = ("America/Vancouver", "America/Halifax", "Europe/London")
HTMX = {"HX-Request": "true"}
pytestmark = pytest.mark.usefixtures("readers")


def tomorrow_at(hour: int, minute: int = 0) -> str:
    local = database_now().astimezone(TORONTO) + timedelta(days=1)
    return f"{local.replace(hour=hour, minute=minute):%Y-%m-%dT%H:%M}"


def warnings(studio: Client, of: Campaign, **chosen: str) -> list[str]:
    page = studio.get(url("campaign_when", of), {"timing": "clinic", **chosen}, headers=HTMX)
    return page.context["outlook"].warnings


def test_the_last_look_names_the_number_and_stops_what_is_not_fit(studio: Client, owner: User) -> None:
    fit, unfit = campaign(owner), campaign(owner, subject="")

    pages = [studio.get(url("campaign_schedule", one)) for one in (fit, unfit)]

    assert ["Send to 3 people" in page.text for page in pages] == [True, False]
    assert "This mails <strong>3 people</strong> who agreed." in pages[0].text
    assert "It cannot go yet: 1 thing keeps it." in pages[1].text


def test_sent_it_waits_a_minute_and_can_be_taken_back(studio: Client, draft: Campaign) -> None:
    before = database_now()
    studio.post(url("campaign_schedule", draft), pressed(studio, draft))
    page = studio.get(url("campaign", draft))
    start_at = fresh(draft).start_at
    studio.post(url("campaign_unschedule", draft))

    assert start_at is not None
    assert before + MINUTE <= start_at <= database_now() + MINUTE
    assert said(page) == ["Scheduled for 3 people. You can take it back until it begins to leave."]
    assert "Take it back" in page.text
    assert (fresh(draft).status, fresh(draft).start_at) == (CampaignStatus.DRAFT, None)


def test_the_minute_is_counted_down_with_a_script_and_without(studio: Client, draft: Campaign) -> None:
    studio.post(url("campaign_schedule", draft), pressed(studio, draft))

    page = studio.get(url("campaign", draft))
    Campaign.objects.update(undo_until=database_now())
    later = studio.get(url("campaign", draft), {"seen": page.context["seen"]}, headers=HTMX)

    assert 55 <= page.context["undo"] <= 60
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in page.text
    assert 'hx-trigger="every 1s"' in page.text
    assert "in which nothing leaves" not in later.text
    assert 'hx-trigger="every 5s"' in later.text
    assert "#acts" not in later.text


def test_a_time_of_ones_own_is_by_the_clinics_clock(studio: Client, draft: Campaign) -> None:
    local = (database_now() + timedelta(days=3)).astimezone(TORONTO).replace(second=0, microsecond=0)

    studio.post(url("campaign_schedule", draft), pressed(studio, draft, when="later", at=f"{local:%Y-%m-%dT%H:%M}"))

    assert (fresh(draft).goes_at, fresh(draft).start_at) == (local, local)


def test_taken_back_the_page_offers_the_time_that_was_chosen(studio: Client, draft: Campaign) -> None:
    chosen = pressed(studio, draft, when="later", at=tomorrow_at(11), timing="spread", spread_hours="3")
    studio.post(url("campaign_schedule", draft), chosen)
    studio.post(url("campaign_unschedule", draft))

    page = studio.get(url("campaign_schedule", draft))

    form = page.context["form"]
    assert (form["when"].value(), form["timing"].value(), form["spread_hours"].value()) == ("later", "spread", 3)
    assert f'name="at" value="{chosen["at"]}"' in page.text


@pytest.mark.parametrize(
    ("at", "problem"),
    [
        ("", "Say on which day and at what time."),
        ("2020-01-01T10:00", "That is over. Choose a time to come."),
        ("0001-01-01T00:00", "That is over. Choose a time to come."),
        ("9999-12-31T23:59", "That is more than a year away. Choose a nearer day."),
        ("tomorrow", "Enter a valid date/time."),
        ("2027-03-14T02:30", None),
        ("\0", None),
    ],
)
def test_a_time_that_makes_no_sense_schedules_nothing(
    at: str, problem: str | None, studio: Client, draft: Campaign
) -> None:
    page = studio.post(url("campaign_schedule", draft), pressed(studio, draft, when="later", at=at))
    thought = studio.get(url("campaign_when", draft), {"when": "later", "at": at, "timing": "clinic"}, headers=HTMX)

    assert len(page.context["form"].errors["at"]) == len(thought.context["form"].errors["at"]) == 1
    assert problem is None or page.context["form"].errors["at"] == [problem]
    assert fresh(draft).status == CampaignStatus.DRAFT


@pytest.mark.parametrize(
    ("typed", "fields"),
    [
        ({"timing": "lead_zone"}, "timing"),
        ({"timing": "spread", "spread_hours": ""}, "spread_hours"),
        ({"timing": "spread", "spread_hours": "0"}, "spread_hours"),
        ({"timing": "spread", "spread_hours": "49"}, "spread_hours"),
        ({"timing": "whenever"}, "timing"),
        ({"when": "never"}, "when at"),
        ({"count": "many"}, "count"),
        ({"count": ""}, "count"),
        ({"version": "-1"}, "version"),
        ({"audience": "x" * 65}, "audience"),
        ({"typed": "a few"}, "typed"),
        ({"typed": "9" * 40}, "typed"),
    ],
)
def test_what_is_missing_or_bent_schedules_nothing(
    typed: dict[str, str], fields: str, studio: Client, draft: Campaign
) -> None:
    page = studio.post(url("campaign_schedule", draft), pressed(studio, draft, **typed))

    assert list(page.context["form"].errors) == fields.split()
    assert fresh(draft).status == CampaignStatus.DRAFT


def test_what_stops_it_between_the_look_and_the_click_is_said(studio: Client, owner: User, draft: Campaign) -> None:
    form = pressed(studio, draft)
    holds.hold("A wrong date", by=owner, now=database_now())

    page = studio.post(url("campaign_schedule", draft), form)

    assert page.context["form"].non_field_errors() == ["The hold: All marketing mail is held: A wrong date"]
    assert fresh(draft).status == CampaignStatus.DRAFT


def test_what_changed_since_the_look_is_said_and_the_next_press_is_about_that(studio: Client, draft: Campaign) -> None:
    form = pressed(studio, draft)
    for _ in range(4):
        people.consent()

    page = studio.post(url("campaign_schedule", draft), form)

    assert page.context["form"].non_field_errors() == [
        "It would now go to 7 people; you looked at 3. Look again, and press the button once more."
    ]
    assert fresh(draft).status == CampaignStatus.DRAFT
    assert "Send to 7 people" in page.text
    assert '<input type="hidden" name="count" value="7"' in page.text


def test_words_written_by_a_colleague_since_the_look_do_not_go_unseen(studio: Client, draft: Campaign) -> None:
    form = pressed(studio, draft)
    EmailTemplate.objects.update(version=draft.email.version + 1)

    page = studio.post(url("campaign_schedule", draft), form)

    assert "The words were changed after you looked." in page.text
    assert fresh(draft).status == CampaignStatus.DRAFT


def test_two_clicks_schedule_once_and_say_so_once(studio: Client, draft: Campaign) -> None:
    form = pressed(studio, draft)
    for _ in range(2):
        studio.post(url("campaign_schedule", draft), form)

    assert len(said(studio.get(url("campaign", draft)))) == 1
    assert AuditEvent.objects.filter(act="campaign.scheduled").count() == 1


def three_as_usual() -> None:
    """An earlier campaign, to three people."""
    Campaign.objects.create(
        name="Earlier",
        email=EmailTemplate.objects.create(kind="campaign", name="Earlier"),
        planned_at=database_now(),
        planned_count=3,
    )


def test_far_more_people_than_usual_are_typed_and_a_few_get_it_first(studio: Client, owner: User) -> None:
    for _ in range(98):
        people.consent()
    three_as_usual()
    one = campaign(owner)

    page = studio.get(url("campaign_schedule", one))
    untyped = studio.post(url("campaign_schedule", one), pressed(studio, one))
    studio.post(url("campaign_schedule", one), pressed(studio, one, typed="1 01", goes_on="on"))

    assert "That is more than twice as many as usual: 3 people." in page.text
    assert untyped.context["form"].errors["typed"] == ["Type 101: so many people would get it."]
    assert (fresh(one).status, fresh(one).canary_size, fresh(one).canary_goes_on) == ("scheduled", 20, True)


def test_the_number_to_type_is_the_one_that_stands_on_the_page(studio: Client, owner: User) -> None:
    for _ in range(101):
        people.consent()
    three_as_usual()
    one = campaign(owner)
    looked = pressed(studio, one)
    people.consent()

    untyped = studio.post(url("campaign_schedule", one), looked)
    studio.post(url("campaign_schedule", one), {**looked, "typed": looked["count"]})

    assert untyped.context["form"].errors["typed"] == [f"Type {looked['count']}: so many people would get it."]
    assert fresh(one).status == "scheduled"


def test_the_everyday_letter_asks_for_nothing_more(studio: Client, draft: Campaign) -> None:
    page = studio.get(url("campaign_schedule", draft))

    assert 'name="typed"' not in page.text
    assert 'name="goes_on"' not in page.text


def test_what_is_no_draft_has_no_last_look(studio: Client, owner: User, draft: Campaign) -> None:
    scheduled(draft, owner)

    answer = studio.get(url("campaign_schedule", draft))

    assert answer.headers["Location"] == url("campaign", draft)


def test_a_test_from_the_last_look_comes_back_there(studio: Client, owner: User, draft: Campaign) -> None:
    part = studio.post(url("campaign_test", draft), {"back": "1"}, headers=HTMX)
    answer = studio.post(url("campaign_test", draft), {"back": "1"})

    assert f"A test leaves within seconds, to {owner.email}." in part.text
    assert 'hx-swap-oob="innerHTML:#press"' in part.text
    assert "<html" not in part.text
    assert answer.headers["Location"] == url("campaign_schedule", draft)
    assert {address for address, _copy in leaving()} == {owner.email}


def test_who_waits_for_a_test_is_told_what_became_of_it(studio: Client, owner: User, draft: Campaign) -> None:
    studio.post(url("campaign_test", draft))
    asked = Delivery.objects.filter(kind=Kind.TEST, owner=draft.email_id).order_by("-item")[0]
    told = {}

    for state in (None, State.SUBMITTED, State.FAILED):
        if state is not None:
            Outcome.objects.update_or_create(delivery_id=asked.pk, defaults={"at": database_now(), "state": state})
        told[state] = studio.get(url("campaign_checks", draft), {"tried": ""}, headers=HTMX).text

    assert f"A test leaves within seconds, to {owner.email}." in told[None]
    assert f"The test has left, to {owner.email}. Read it as a reader does." in told[State.SUBMITTED]
    assert "could not be handed over. Send another" in told[State.FAILED]
    assert ["?tried" in page for page in told.values()] == [True, False, False]


def test_the_checks_can_be_asked_for_alone(studio: Client, draft: Campaign) -> None:
    part = studio.get(url("campaign_checks", draft), headers=HTMX)

    assert 'id="checks"' in part.text
    assert "Send to 3 people" in part.text


@pytest.mark.parametrize("name", ["campaign_when", "campaign_checks"])
def test_a_part_of_the_page_is_no_page_of_its_own(name: str, studio: Client, draft: Campaign) -> None:
    assert studio.get(url(name, draft)).headers["Location"] == url("campaign_schedule", draft)


def test_before_eight_and_from_eight_in_the_evening_on_is_said(studio: Client, draft: Campaign) -> None:
    early = warnings(studio, draft, when="later", at=tomorrow_at(6, 30))
    late = warnings(studio, draft, when="later", at=tomorrow_at(20))

    assert early == ["3 people get it at 06:30: before 08:00 or from 20:00 on."]
    assert late == ["3 people get it at 20:00: before 08:00 or from 20:00 on."]
    assert warnings(studio, draft, when="later", at=tomorrow_at(8)) == []
    assert warnings(studio, draft, when="later", at=tomorrow_at(19, 59)) == []


def test_readers_in_another_zone_are_told_of_by_their_own_clocks(studio: Client, draft: Campaign) -> None:
    people.consent(people.lead(time_zone="America/Vancouver"))
    chosen = {"when": "later", "at": tomorrow_at(9), "timing": "clinic"}

    page = studio.get(url("campaign_when", draft), chosen, headers=HTMX)
    own_time = studio.get(url("campaign_when", draft), {**chosen, "timing": "lead_zone"}, headers=HTMX)

    assert "1 person, Vancouver time" in page.text
    assert page.context["outlook"].warnings == [
        "1 person gets it at 06:00 (Vancouver time): before 08:00 or from 20:00 on."
    ]
    assert own_time.context["outlook"].warnings == []


def test_a_day_off_and_what_else_goes_out_are_said(studio: Client, owner: User, draft: Campaign) -> None:
    at = tomorrow_at(10)
    studio.post(url("campaign_schedule", draft), pressed(studio, draft, when="later", at=at))
    DayOff.objects.create(on=at[:10], label="Stocktaking")

    found = warnings(studio, campaign(owner), when="later", at=tomorrow_at(11))

    assert [sentence.partition(" is a day off")[2] for sentence in found[:1]] == [
        " (Stocktaking): nobody answers when people call."
    ]
    day = date_format(datetime.fromisoformat(f"{at}-05:00"), "l j F")
    assert found[1:] == [f"“Opening hours” goes to 3 people on {day}, at 10:00."]


def test_the_last_look_costs_the_same_for_one_reader_and_segment_as_for_three(studio: Client, draft: Campaign) -> None:
    asked = []
    for number in (1, 2, 3):
        people.consent(people.lead(time_zone=ZONES[number - 1]))
        segment = Segment.objects.create(name=f"New {number}", conditions=[{"name": "signed_up_within", "value": "30"}])
        draft.included.add(segment)
        with CaptureQueriesContext(connection) as queries:
            studio.get(url("campaign_schedule", draft))
        asked.append(len(queries))

    assert asked == [asked[0]] * 3
