"""Campaigns in the studio: begun, looked at, tested, scheduled, taken back."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, User
from clinic.clock import database_now
from leads.models import Lead
from newsletter.campaigns import services
from newsletter.campaigns.models import CampaignStatus
from newsletter.deliveries import guard, holds
from newsletter.deliveries.models import Kind
from newsletter.models import Campaign, Chunk, Delivery
from tests.factories import mail, people
from tests.studio.campaigns import MINUTE, campaign, ended, fresh, leaving_now, said, scheduled, url
from tests.studio.post_office import leaving

TORONTO = ZoneInfo("America/Toronto")
LIST = reverse("studio:campaigns")


def test_an_empty_list_teaches(studio: Client) -> None:
    page = studio.get(LIST)

    assert "No campaign yet" in page.text
    assert reverse("studio:campaign_new") in page.text


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_database_as_often_for_one_as_for_many(
    count: int, studio: Client, owner: User, readers: list[Lead], django_assert_num_queries
) -> None:
    for _ in range(count):
        ended(leaving_now(campaign(owner), owner))

    with django_assert_num_queries(12):
        studio.get(LIST)


def test_the_list_counts_mails_people_and_bookings(studio: Client, owner: User, readers: list[Lead]) -> None:
    draft, sent = campaign(owner), leaving_now(campaign(owner), owner)
    ended(sent)
    first, second, _ = Delivery.objects.filter(kind=Kind.CAMPAIGN, owner=sent.pk).order_by("id")
    for _ in range(2):
        mail.click(first)
    mail.click(second, label="scanner")
    mail.fact(first, "booked")

    lines = {line.campaign.pk: line for line in studio.get(LIST).context["lines"]}

    assert [(line.submitted, line.people, line.booked) for line in (lines[sent.pk], lines[draft.pk])] == [
        (3, 1, 1),
        (0, 0, 0),
    ]


def test_a_long_list_comes_in_pages_and_a_wrong_page_is_the_last(studio: Client, owner: User) -> None:
    for _ in range(26):
        campaign(owner)

    assert [len(studio.get(LIST, {"page": page}).context["lines"]) for page in ("1", "2", "99", "x")] == [25, 1, 1, 25]


def test_a_campaign_begins_from_a_starter_and_leads_on_to_writing(studio: Client, owner: User) -> None:
    answer = studio.post(reverse("studio:campaign_new"), {"name": "Winter", "starter": "clinic-news"})

    begun = Campaign.objects.select_related("email").get()
    assert answer.headers["Location"] == url("campaign_edit", begun)
    assert (begun.name, begun.created_by, begun.status) == ("Winter", owner, CampaignStatus.DRAFT)
    assert [block["type"] for block in begun.email.body["blocks"]][:2] == ["heading", "text"]


@pytest.mark.parametrize(
    "typed", [{}, {"name": " ", "starter": "plain-letter"}, {"name": "x" * 121}, {"name": "W", "starter": "\0"}]
)
def test_a_campaign_without_a_name_or_a_starter_is_not_begun(typed: dict[str, str], studio: Client) -> None:
    page = studio.post(reverse("studio:campaign_new"), {"x": "y", **typed})

    assert page.context["form"].errors
    assert Campaign.objects.count() == 0


def test_a_draft_says_for_how_many_it_is_and_what_keeps_it(studio: Client, owner: User, readers: list[Lead]) -> None:
    one = campaign(owner, subject="")

    page = studio.get(url("campaign", one))

    assert "It would go to 3 people now." in page.text
    assert page.context["before"].reasons == ["Subject: Write a subject."]
    assert "hx-trigger" not in page.text


def test_the_mail_is_shown_in_a_frame_where_nothing_runs(studio: Client, draft: Campaign) -> None:
    frame = studio.get(url("campaign_letter", draft))

    assert "sandbox" in frame.headers["Content-Security-Policy"]
    assert "new opening hours" in frame.text
    assert "Harbour Acupuncture" in frame.text


def test_what_cannot_be_drawn_says_why_in_its_place(studio: Client, owner: User) -> None:
    one = campaign(owner, subject="{{ nonsense }}")

    frame = studio.get(url("campaign_letter", one))
    studio.post(url("campaign_test", one))

    assert (frame.status_code, "There is no field “nonsense” here." in frame.text) == (200, True)
    assert said(studio.get(url("campaign", one)))[0].startswith("Subject: There is no field")
    assert Delivery.objects.count() == 0


def test_a_test_goes_to_whoever_asked_by_the_way_of_real_mail(studio: Client, draft: Campaign, owner: User) -> None:
    studio.post(url("campaign_test", draft))

    [(address, copy)] = leaving()
    assert (address, copy.subject) == (owner.email, "New opening hours")
    assert fresh(draft).status == CampaignStatus.DRAFT


def test_the_last_look_names_the_number_and_stops_what_is_not_fit(
    studio: Client, owner: User, readers: list[Lead]
) -> None:
    fit, unfit = campaign(owner), campaign(owner, subject="No more pain")

    pages = [studio.get(url("campaign_schedule", one)) for one in (fit, unfit)]

    assert ["Send to 3 people" in page.text for page in pages] == [True, False]
    assert "It cannot go yet" in pages[1].text


def test_sent_it_waits_a_minute_and_can_be_taken_back(
    studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    before = database_now()
    studio.post(url("campaign_schedule", draft), {"when": "now"})
    page = studio.get(url("campaign", draft))
    start_at = fresh(draft).start_at
    studio.post(url("campaign_unschedule", draft))

    assert start_at is not None
    assert before + MINUTE <= start_at <= database_now() + MINUTE
    assert said(page) == ["Scheduled for 3 people. You can take it back until it begins to leave."]
    assert "Take it back" in page.text
    assert (fresh(draft).status, fresh(draft).start_at) == (CampaignStatus.DRAFT, None)


def test_a_time_of_ones_own_is_by_the_clinics_clock(
    studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    local = (database_now() + timedelta(days=3)).astimezone(TORONTO).replace(second=0, microsecond=0)

    studio.post(url("campaign_schedule", draft), {"when": "later", "at": f"{local:%Y-%m-%dT%H:%M}"})

    assert fresh(draft).start_at == local


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
    at: str, problem: str | None, studio: Client, draft: Campaign, readers: list[Lead]
) -> None:
    page = studio.post(url("campaign_schedule", draft), {"when": "later", "at": at})

    assert len(page.context["form"].errors["at"]) == 1
    assert problem is None or page.context["form"].errors["at"] == [problem]
    assert fresh(draft).status == CampaignStatus.DRAFT


def test_what_stops_it_between_the_look_and_the_click_is_said(
    studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    holds.hold("A wrong date", by=owner, now=database_now())

    page = studio.post(url("campaign_schedule", draft), {"when": "now"})

    assert page.context["form"].non_field_errors() == ["All marketing mail is held: A wrong date"]
    assert fresh(draft).status == CampaignStatus.DRAFT


def test_two_clicks_schedule_once_and_say_so_once(studio: Client, draft: Campaign, readers: list[Lead]) -> None:
    for _ in range(2):
        studio.post(url("campaign_schedule", draft), {"when": "now"})

    assert len(said(studio.get(url("campaign", draft)))) == 1
    assert AuditEvent.objects.filter(act="campaign.scheduled").count() == 1


def test_what_is_no_draft_has_no_last_look(studio: Client, owner: User, draft: Campaign, readers: list[Lead]) -> None:
    scheduled(draft, owner)

    answer = studio.get(url("campaign_schedule", draft))

    assert answer.headers["Location"] == url("campaign", draft)


def test_a_campaign_that_could_not_start_says_why_until_it_is_scheduled_again(
    studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    scheduled(draft, owner)
    Lead.objects.update(status="patient")
    services.start_due(database_now() + MINUTE)

    stopped = studio.get(url("campaign", draft))
    people.consent()
    scheduled(draft, owner)
    again = studio.get(url("campaign", draft))

    assert "It should have left and did not." in stopped.text
    assert "Nobody would get it" in stopped.text
    assert "It should have left and did not." not in again.text


@pytest.mark.parametrize("name", ["campaign_test", "campaign_unschedule", "campaign_pause", "campaign_resume"])
def test_looking_changes_nothing(name: str, studio: Client, draft: Campaign) -> None:
    assert studio.get(url(name, draft)).status_code == 405


@pytest.mark.parametrize("pk", [0, 4711, 10**30])
@pytest.mark.parametrize("name", ["campaign", "campaign_letter", "campaign_schedule", "campaign_cancel"])
def test_a_campaign_that_is_not_there_is_explained(name: str, pk: int, studio: Client) -> None:
    assert studio.get(reverse(f"studio:{name}", args=[pk])).status_code == 404


def stopped_by_itself(one: Campaign) -> Campaign:
    """The relay refused two of its first fifty mails, as far as the guard was told."""
    chunk = Chunk.objects.get(batch__kind=Kind.CAMPAIGN, batch__owner_id=one.pk)
    guard.report({chunk.pk: "xx" + "." * 48}, words="dot: 550 5.7.1 we do not like <this>")
    return fresh(one)


def test_a_campaign_that_paused_by_itself_says_why_and_what_to_do(
    studio: Client, owner: User, readers: list[Lead]
) -> None:
    one = stopped_by_itself(leaving_now(campaign(owner), owner))

    page = studio.get(url("campaign", one)).text

    assert one.status == CampaignStatus.PAUSED
    assert "It paused by itself" in page
    assert "refused 2 of the last 50 mails" in page
    assert "dot: 550 5.7.1 we do not like &lt;this&gt;" in page
    assert "What to do:" in page
    assert AuditEvent.objects.filter(act="campaign.stopped", by=None).count() == 1


def test_a_campaign_that_paused_by_itself_can_be_resumed(studio: Client, owner: User, readers: list[Lead]) -> None:
    one = stopped_by_itself(leaving_now(campaign(owner), owner))

    studio.post(url("campaign_resume", one))

    assert fresh(one).status == CampaignStatus.SENDING
    assert "It paused by itself" not in studio.get(url("campaign", one)).text


def test_a_campaign_that_staff_paused_does_not_say_that_it_did(
    studio: Client, owner: User, readers: list[Lead]
) -> None:
    one = leaving_now(campaign(owner), owner)
    studio.post(url("campaign_pause", one))

    assert "It paused by itself" not in studio.get(url("campaign", one)).text
