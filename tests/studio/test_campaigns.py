"""Campaigns in the studio: begun, looked at, tested, scheduled, taken back."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime

from accounts.models import AuditEvent, User
from clinic.clock import database_now
from clinic.queries import zone
from leads.models import Lead
from newsletter.campaigns import keeping, services
from newsletter.campaigns.models import CampaignStatus
from newsletter.content.presets import offered
from newsletter.content.presets.starters import STARTERS
from newsletter.deliveries import guard
from newsletter.deliveries.models import Kind
from newsletter.models import Campaign, Chunk, Delivery
from tests.factories import mail, people
from tests.studio.campaigns import MINUTE, campaign, ended, fresh, leaving_now, said, scheduled, url
from tests.studio.post_office import leaving

LIST = reverse("studio:campaigns")
LOOKED_AT = [
    "campaign",
    "campaign_letter",
    "campaign_audience",
    "campaign_schedule",
    "campaign_cancel",
    "campaign_resend",
    "campaign_repeat",
]


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
        page = studio.get(LIST)
    assert len(page.context["lines"]) == count


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


def test_every_preset_is_a_button_and_one_click_leads_on_to_writing(studio: Client, owner: User) -> None:
    page = studio.get(reverse("studio:campaign_new"))
    answer = studio.post(reverse("studio:campaign_new"), {"starter": "clinic-news"})

    begun = Campaign.objects.select_related("email").get()
    assert [f'value="{starter.key}"' in page.text for starter in STARTERS] == [True] * len(STARTERS)
    assert answer.headers["Location"] == reverse("studio:email_edit", args=[begun.email_id])
    assert (begun.created_by, begun.status) == (owner, CampaignStatus.DRAFT)
    assert begun.name.startswith("Clinic news, ")
    assert [block["type"] for block in begun.email.body["blocks"]][:2] == ["heading", "text"]


def test_a_name_of_ones_own_is_kept(studio: Client, owner: User) -> None:
    studio.post(reverse("studio:campaign_new"), {"name": "Winter", "starter": "plain-letter"})

    assert Campaign.objects.get().name == "Winter"


def test_what_begins_with_a_preset_of_a_long_name_is_named_as_far_as_a_name_goes(
    studio: Client, draft: Campaign, owner: User
) -> None:
    kept = offered.keep(draft.email, name="n" * 120, by=owner, now=database_now())

    studio.post(reverse("studio:campaign_new"), {"starter": f"own-{kept.pk}"})

    begun = Campaign.objects.latest("pk")
    assert len(begun.name) == 120
    assert begun.name.endswith(f"n, {date_format(localtime(database_now(), zone()), 'j F')}")


def test_enter_in_the_name_begins_nothing_and_keeps_the_name(studio: Client, owner: User) -> None:
    """Browsers press the first button of a form then, which is none of the presets."""
    page = studio.get(reverse("studio:campaign_new"))
    answer = studio.post(reverse("studio:campaign_new"), {"starter": "", "name": "Winter"})

    first = page.text[page.text.index("<button", page.text.index('<form method="post" novalidate>')) :]
    assert first.startswith('<button class="visually-hidden" name="starter" value=""')
    assert "Choose what it begins with: press one of these." in answer.text
    assert 'value="Winter"' in answer.text
    assert Campaign.objects.count() == 0


@pytest.mark.parametrize("typed", [{}, {"name": "x" * 121, "starter": "plain-letter"}, {"starter": "\0"}])
def test_without_a_preset_or_with_a_name_too_long_nothing_is_begun(typed: dict[str, str], studio: Client) -> None:
    page = studio.post(reverse("studio:campaign_new"), {"x": "y", **typed})

    assert page.context["form"].errors
    assert Campaign.objects.count() == 0


def test_a_draft_says_for_how_many_it_is_and_what_keeps_it(studio: Client, owner: User, readers: list[Lead]) -> None:
    one = campaign(owner, subject="")

    page = studio.get(url("campaign", one))

    assert "It would go to 3 people now." in page.text
    assert [str(finding) for finding in page.context["before"].preflight.blocking] == ["Subject: Write a subject."]
    assert f"{reverse('studio:email_edit', args=[one.email_id])}#subject" in page.text
    assert 'hx-trigger="every' not in page.text


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
    assert not Delivery.objects.filter(owner=one.email_id).exists()


def test_a_test_goes_to_whoever_asked_by_the_way_of_real_mail(studio: Client, draft: Campaign, owner: User) -> None:
    studio.post(url("campaign_test", draft))

    [(address, copy)] = leaving()
    assert (address, copy.subject) == (owner.email, "New opening hours")
    assert fresh(draft).status == CampaignStatus.DRAFT


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


def test_a_scheduled_one_is_taken_back_from_the_list_too(
    studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    scheduled(draft, owner)

    page = studio.get(LIST)

    assert f'action="{url("campaign_unschedule", draft)}"' in page.text


def test_what_is_put_away_is_out_of_the_list_and_can_be_looked_at(studio: Client, owner: User, draft: Campaign) -> None:
    keeping.archive(draft, by=owner, now=database_now())

    assert [line.campaign for line in studio.get(LIST).context["lines"]] == []
    assert [line.campaign for line in studio.get(LIST, {"archived": ""}).context["lines"]] == [draft]
    assert "It is put away." in studio.get(url("campaign", draft)).text


@pytest.mark.parametrize("pk", [0, 4711, 10**30])
@pytest.mark.parametrize("name", LOOKED_AT)
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
