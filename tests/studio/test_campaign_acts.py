"""What can be done to a campaign in the studio: mended on its way, copied, sent once more, put away, shown."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from clinic.clock import database_now
from leads.models import Lead, Segment
from newsletter.campaigns import again, services
from newsletter.campaigns.models import CampaignStatus
from newsletter.models import Campaign, Chunk, Delivery, EmailTemplate
from tests.factories import mail
from tests.studio.campaigns import (
    MINUTE,
    campaign,
    ended,
    few_landed,
    fresh,
    leaving_now,
    press,
    said,
    scheduled,
    url,
)

pytestmark = pytest.mark.usefixtures("readers")
ACTS = [
    "campaign_test",
    "campaign_unschedule",
    "campaign_pause",
    "campaign_resume",
    "campaign_others",
    "campaign_mend",
    "campaign_mended",
    "campaign_unmended",
    "campaign_copy",
    "campaign_archive",
    "campaign_unarchive",
    "campaign_publish",
    "campaign_unpublish",
]


@pytest.fixture
def finished(owner: User, draft: Campaign, readers: list[Lead]) -> Campaign:
    ended(leaving_now(draft, owner))
    services.finish_done(database_now())
    Campaign.objects.update(planned_at=database_now() - timedelta(days=3))
    return fresh(draft)


@pytest.mark.parametrize("name", ACTS)
def test_looking_changes_nothing(name: str, studio: Client, draft: Campaign) -> None:
    assert studio.get(url(name, draft)).status_code == 405


@pytest.mark.parametrize("name", ACTS)
def test_what_is_not_there_cannot_be_acted_on(name: str, studio: Client) -> None:
    assert studio.post(reverse(f"studio:{name}", args=[4711])).status_code == 404


def test_words_are_mended_on_the_way_and_both_versions_are_shown(studio: Client, owner: User, draft: Campaign) -> None:
    leaving_now(draft, owner)

    answer = studio.post(url("campaign_mend", draft))
    page = studio.get(url("campaign", draft))
    EmailTemplate.objects.filter(pk=draft.email_id).update(subject="Right at last")
    studio.post(url("campaign_mended", draft), {"words": page.context["mended"].words})
    after = studio.get(url("campaign", draft))

    assert answer.headers["Location"] == reverse("studio:email_edit", args=[draft.email_id])
    assert "Dana Reyes began" in page.text
    assert "Send the new words to 3 people" in page.text
    assert said(after) == ["It goes on, with the new words."]
    assert fresh(draft).status == CampaignStatus.SENDING
    assert [edition.revision.subject for edition in after.context["more"].editions] == ["Right at last"]


def test_words_that_cannot_go_keep_it_paused_and_say_why(studio: Client, owner: User, draft: Campaign) -> None:
    leaving_now(draft, owner)
    studio.post(url("campaign_mend", draft))
    EmailTemplate.objects.filter(pk=draft.email_id).update(subject="")

    studio.post(url("campaign_mended", draft), {"words": str(draft.email.version)})

    assert said(studio.get(url("campaign", draft))) == ["It cannot go on like this. Subject: Write a subject."]
    assert fresh(draft).status == CampaignStatus.PAUSED


def test_the_old_words_go_on_when_nobody_wants_new_ones(studio: Client, owner: User, draft: Campaign) -> None:
    leaving_now(draft, owner)
    studio.post(url("campaign_mend", draft))

    press(studio, studio.get(url("campaign", draft)).text, "Go on with the old words")

    assert (fresh(draft).status, fresh(draft).fixing_since) == (CampaignStatus.SENDING, None)


@pytest.mark.parametrize("act", ["campaign_mend", "campaign_mended"])
def test_a_draft_is_not_mended(act: str, studio: Client, draft: Campaign) -> None:
    answer = studio.post(url(act, draft))

    assert answer.headers["Location"] == url("campaign", draft)
    assert fresh(draft).status == CampaignStatus.DRAFT


def test_the_first_few_are_shown_with_what_came_back_and_a_press_sends_to_the_others(
    studio: Client, owner: User, draft: Campaign
) -> None:
    scheduled(draft, owner)
    Campaign.objects.update(canary_size=2)
    services.start_due(database_now() + MINUTE)
    few = Chunk.objects.get(batch=few_landed(fresh(draft)).canary_batch)
    clean = studio.get(url("campaign", draft))
    mail.fact(Delivery.objects.get(pk=few.pk * 1000), "bounced")

    page = studio.get(url("campaign", draft), {"seen": clean.context["seen"]}, headers={"HX-Request": "true"})
    unchanged = studio.get(url("campaign", draft), {"seen": page.context["seen"]}, headers={"HX-Request": "true"})
    press(studio, page.text, "Send to the other 1 person")

    assert "Submitted: 2. Bounced or refused: 0. Complained: 0. Nothing speaks against" in clean.text
    assert unchanged.status_code == 204
    assert "Submitted: 2. Bounced or refused: 1. Complained: 0." in page.text
    assert (fresh(draft).status, fresh(draft).canary_over_at is not None) == (CampaignStatus.SENDING, True)


def test_a_copy_is_a_draft_that_is_opened_at_once(studio: Client, draft: Campaign) -> None:
    answer = studio.post(url("campaign_copy", draft))

    made = Campaign.objects.exclude(pk=draft.pk).get()
    assert answer.headers["Location"] == url("campaign", made)
    assert "Made out of" in studio.get(url("campaign", made)).text


def test_the_form_of_a_second_time_shows_and_takes_no_braces(studio: Client, finished: Campaign) -> None:
    subject = "{{ first_name|there }}, the harbour opens"
    EmailTemplate.objects.filter(pk=finished.email_id).update(subject=subject)

    same = studio.post(url("campaign_resend", finished), {"subject": subject})
    studio.post(url("campaign_resend", finished), {"subject": "[first name, or “you”], in case you missed it"})

    assert same.context["form"]["subject"].value() == "[first name, or “there”], the harbour opens"
    assert "{{" not in same.text
    made = Campaign.objects.get(resend_of=finished)
    assert made.email.subject == "{{ first_name|you }}, in case you missed it"


def test_once_more_goes_to_those_who_did_not_click(studio: Client, finished: Campaign) -> None:
    [first, *_] = Delivery.objects.filter(kind=1, owner=finished.pk)
    mail.click(first)

    page = studio.get(url("campaign_resend", finished))
    same = studio.post(url("campaign_resend", finished), {"subject": finished.email.subject})
    studio.post(url("campaign_resend", finished), {"subject": "In case you missed it"})

    made = Campaign.objects.get(resend_of=finished)
    assert "2 people got it and did not click." in page.text
    assert same.context["form"].non_field_errors() == [
        "Write another subject: the one it had did not make them open it."
    ]
    assert (made.email.subject, made.status) == ("In case you missed it", CampaignStatus.DRAFT)
    assert "It would go to 2 people now." in studio.get(url("campaign", made)).text


def test_whom_it_goes_to_once_more_is_said_with_the_segment_that_it_was_for(studio: Client, finished: Campaign) -> None:
    legs = Segment.objects.create(name="Legs", conditions=[{"name": "tagged", "value": "leg pain"}])
    finished.included.add(legs)
    studio.post(url("campaign_resend", finished), {"subject": "In case you missed it"})

    page = studio.get(url("campaign", Campaign.objects.get(resend_of=finished)))

    assert re.search(r"and did not click\. Of them, only people in\s+“Legs”\.", page.text)


def test_too_early_for_once_more_there_is_no_form(studio: Client, finished: Campaign) -> None:
    Campaign.objects.update(planned_at=database_now())

    page = studio.get(url("campaign_resend", finished))

    assert "Give people two days to read it first." in page.text
    assert 'name="subject"' not in page.text


def test_a_draft_every_month_is_begun_and_ended(studio: Client, owner: User, draft: Campaign) -> None:
    studio.post(url("campaign_repeat", draft), {"day": "5"})
    chosen = fresh(draft).repeats_on_day
    page = studio.get(url("campaign", draft))
    studio.post(url("campaign_repeat", draft), {"stop": "1", "day": "5"})

    assert (chosen, fresh(draft).repeats_on_day) == (5, None)
    assert "A draft is made on day 5 of every month" in page.text


@pytest.mark.parametrize("day", ["0", "29", "x", ""])
def test_a_day_that_not_every_month_has_is_not_taken(day: str, studio: Client, draft: Campaign) -> None:
    assert studio.post(url("campaign_repeat", draft), {"day": day}).context["form"].errors
    assert fresh(draft).repeats_on_day is None


def test_a_monthly_draft_stands_on_the_overview(studio: Client, owner: User, draft: Campaign) -> None:
    again.repeat(draft, day=5, by=owner, now=database_now())
    again.draft_due(database_now() + timedelta(days=40))

    [made] = Campaign.objects.filter(created_by=None)
    page = studio.get(reverse("studio:dashboard"))

    assert url("campaign", made) in page.text
    assert "waits for you: a monthly draft" in page.text


def test_put_away_and_back(studio: Client, draft: Campaign) -> None:
    studio.post(url("campaign_archive", draft))
    away = fresh(draft).archived_at
    studio.post(url("campaign_unarchive", draft))

    assert away is not None
    assert fresh(draft).archived_at is None


def test_what_is_about_to_leave_is_not_put_away(studio: Client, owner: User, draft: Campaign) -> None:
    scheduled(draft, owner)

    studio.post(url("campaign_archive", draft))

    assert said(studio.get(url("campaign", draft))) == ["What is about to leave or leaving cannot be put away."]


def test_shown_to_everybody_and_no_more(studio: Client, draft: Campaign) -> None:
    studio.post(url("campaign_publish", draft))
    shown = fresh(draft).is_public
    studio.post(url("campaign_unpublish", draft))

    assert (shown, fresh(draft).is_public) == (True, False)


def test_one_that_was_cancelled_is_not_said_to_be_in_the_archive(studio: Client, owner: User, draft: Campaign) -> None:
    studio.post(url("campaign_publish", draft))
    studio.post(url("campaign_cancel", draft))

    page = studio.get(url("campaign", draft)).text

    assert "Everybody can read it in the archive" not in page.partition('aria-labelledby="more"')[2]
    assert "It is not in the public archive: only what has left as a whole is shown there." in page


def test_one_for_people_with_a_tag_is_refused_with_the_reason(studio: Client, owner: User) -> None:
    one = campaign(owner)
    one.included.add(Segment.objects.create(name="Legs", conditions=[{"name": "tagged", "value": "leg pain"}]))

    studio.post(url("campaign_publish", one))

    page = studio.get(url("campaign", one))
    assert [sentence.startswith("It was for people with a certain tag") for sentence in said(page)] == [True]
    assert "Not for the public archive." in page.text
