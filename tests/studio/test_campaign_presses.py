"""Buttons of a campaign pressed twice, by two people at once, on an old page, and after the session is over."""

from datetime import timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, Role, User
from clinic.clock import database_now
from leads.models import Lead
from newsletter.campaigns import mending, services
from newsletter.campaigns.models import CampaignStatus
from newsletter.models import Campaign, Chunk, EmailTemplate
from tests.factories.people import staff
from tests.newsletter.campaigns.together import in_two_threads
from tests.studio.campaigns import (
    MINUTE,
    campaign,
    few_landed,
    fresh,
    leaving_now,
    press,
    pressed,
    said,
    scheduled,
    url,
)

SIGN_IN = "django.contrib.auth.backends.ModelBackend"
HTMX = {"HX-Request": "true"}
TORONTO = ZoneInfo("America/Toronto")
pytestmark = pytest.mark.usefixtures("readers")


@pytest.fixture
def colleague(owner: User) -> Client:
    """The studio as somebody else of the clinic sees it."""
    other = Client()
    other.force_login(staff(Role.FRONT_DESK, name="Sam Okafor", email="sam@harbour.example"), backend=SIGN_IN)
    return other


def page(studio: Client, of: Campaign) -> Any:
    return studio.get(url("campaign", of))


TWICE = {
    "campaign_unschedule": ("scheduled", "draft", "Taken back. It is a draft again, and nobody has got it."),
    "campaign_pause": ("sending", "paused", "Paused. What has not left stays here until you resume."),
    "campaign_resume": ("paused", "sending", "It goes on where it stopped."),
    "campaign_mended": ("mended", "sending", "It goes on, with the new words."),
    "campaign_unmended": (
        "mended",
        "sending",
        "It goes on, with the old words. The new ones are kept among the earlier versions.",
    ),
    "campaign_cancel": ("scheduled", "cancelled", "Cancelled. What has not left never will."),
}


def brought_to(state: str, one: Campaign, owner: User, studio: Client) -> None:
    if state == "scheduled":
        scheduled(one, owner)
        return
    leaving_now(one, owner)
    if state == "paused":
        studio.post(url("campaign_pause", one))
    elif state == "mended":
        mending.begin(one, by=owner, now=database_now())
    page(studio, one)


@pytest.mark.parametrize("act", TWICE)
def test_pressed_twice_it_is_done_once_and_the_answer_is_no_scolding(
    act: str, studio: Client, colleague: Client, owner: User, draft: Campaign
) -> None:
    before, after, sentence = TWICE[act]
    brought_to(before, draft, owner, studio)
    words = {"words": str(fresh(draft).email.version), "begun": mending.begun(fresh(draft))}

    for browser in (studio, studio, colleague):
        browser.post(url(act, draft), words)

    assert said(page(studio, draft)) == said(page(colleague, draft)) == [sentence]
    assert fresh(draft).status == after
    last = AuditEvent.objects.filter(subject=f"campaign:{draft.pk}").order_by("-pk")[0]
    assert AuditEvent.objects.filter(subject=last.subject, act=last.act).count() == 1


@pytest.fixture
def few_leave(owner: User, draft: Campaign) -> Campaign:
    """Two of the three get it first, and somebody has paused it while they do."""
    scheduled(draft, owner)
    Campaign.objects.update(canary_size=2)
    services.start_due(database_now() + MINUTE)
    services.pause(draft, by=owner)
    return fresh(draft)


def others_wait(one: Campaign) -> bool:
    return Chunk.objects.exclude(batch=one.canary_batch).filter(due_at__gt=database_now() + MINUTE).exists()


def test_resume_on_an_old_page_never_sends_to_the_others(
    studio: Client, colleague: Client, owner: User, few_leave: Campaign
) -> None:
    old = page(colleague, few_leave).text
    services.resume(few_leave, by=owner, now=database_now())
    few_landed(few_leave)

    press(colleague, old, "Resume")

    assert (fresh(few_leave).status, others_wait(few_leave)) == (CampaignStatus.PAUSED, True)
    assert said(page(colleague, few_leave)) == [
        "Nothing was changed: the first few have come to an end, and the others wait. Look at what came back."
    ]
    press(colleague, page(colleague, few_leave).text, "Send to the other 1 person")
    assert (fresh(few_leave).status, others_wait(few_leave)) == (CampaignStatus.SENDING, False)


def test_send_to_the_others_on_an_old_page_never_resumes(
    studio: Client, colleague: Client, owner: User, few_leave: Campaign
) -> None:
    services.resume(few_leave, by=owner, now=database_now())
    few_landed(few_leave)
    old = page(colleague, few_leave).text
    press(studio, old, "Send to the other 1 person")
    services.pause(few_leave, by=owner)
    page(studio, few_leave)

    press(colleague, old, "Send to the other 1 person")

    assert fresh(few_leave).status == CampaignStatus.PAUSED
    assert said(page(colleague, few_leave)) == [
        "Nothing was changed: it is paused. What has not left stays here until you resume."
    ]


def test_the_old_words_of_an_old_page_do_not_end_a_mending_that_has_begun_since(
    studio: Client, colleague: Client, owner: User, draft: Campaign
) -> None:
    leaving_now(draft, owner)
    mending.begin(draft, by=owner, now=database_now())
    old = page(colleague, draft).text
    press(studio, page(studio, draft).text, "Go on with the old words")
    mending.begin(draft, by=owner, now=database_now())

    press(colleague, old, "Go on with the old words")

    assert (fresh(draft).status, fresh(draft).fixing_by) == (CampaignStatus.PAUSED, owner)
    assert said(page(colleague, draft)) == [
        "Nothing was changed: it is paused, and Dana Reyes mends its words. Look at them first."
    ]


def test_what_is_resumed_on_an_old_page_does_not_end_a_colleagues_mending(
    studio: Client, colleague: Client, owner: User, draft: Campaign
) -> None:
    leaving_now(draft, owner)
    studio.post(url("campaign_pause", draft))
    studio.post(url("campaign_mend", draft))

    colleague.post(url("campaign_resume", draft))

    assert (fresh(draft).status, fresh(draft).fixing_by) == (CampaignStatus.PAUSED, owner)
    assert said(page(colleague, draft)) == [
        "Nothing was changed: it is paused, and Dana Reyes mends its words. Look at them first."
    ]


def test_who_is_slower_with_the_other_words_is_not_told_that_theirs_go(
    studio: Client, colleague: Client, owner: User, draft: Campaign
) -> None:
    leaving_now(draft, owner)
    mending.begin(draft, by=owner, now=database_now())
    press(studio, page(studio, draft).text, "Go on with the old words")

    colleague.post(url("campaign_mended", draft), {"words": str(draft.email.version)})

    assert said(page(colleague, draft)) == ["Nothing was changed: it is leaving. You can pause or cancel it."]


def test_new_words_go_only_as_they_stood_on_the_page(
    studio: Client, colleague: Client, owner: User, draft: Campaign
) -> None:
    leaving_now(draft, owner)
    studio.post(url("campaign_mend", draft))
    looked = page(colleague, draft).context
    EmailTemplate.objects.filter(pk=draft.email_id).update(version=draft.email.version + 1, subject="Half a thou")

    asked = {"seen": looked["seen"], "words": looked["mended"].words}
    news = colleague.get(url("campaign", draft), asked, headers=HTMX)
    colleague.post(url("campaign_mended", draft), {"words": looked["mended"].words})

    assert "Look at the new words" in news.text
    assert "Send the new words to" not in news.text
    assert fresh(draft).status == CampaignStatus.PAUSED
    again = page(colleague, draft)
    assert said(again) == ["The words were changed after you looked. Read them on this page, then press once more."]
    colleague.post(url("campaign_mended", draft), {"words": again.context["mended"].words})
    assert fresh(draft).status == CampaignStatus.SENDING


def test_what_keeps_new_words_from_going_stands_on_the_page_before_anybody_presses(
    studio: Client, owner: User, draft: Campaign
) -> None:
    leaving_now(draft, owner)
    studio.post(url("campaign_mend", draft))
    EmailTemplate.objects.filter(pk=draft.email_id).update(subject="", version=draft.email.version + 1)

    shown = page(studio, draft)

    assert "Write a subject." in shown.text
    assert "It cannot go on with them yet: 1 thing keeps it." in shown.text
    assert "Send the new words to" not in shown.text


def test_a_page_over_which_somebody_signed_in_anew_says_that_nothing_was_done(owner: User, draft: Campaign) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner, backend=SIGN_IN)
    looked = strict.get(url("campaign_schedule", draft))
    token = looked.context["csrf_token"]
    strict.force_login(owner, backend=SIGN_IN)
    strict.cookies["csrf"] = "0" * 32

    headers = {"Referer": f"http://testserver{url('campaign_schedule', draft)}?when=now"}
    answer = strict.post(url("campaign_schedule", draft), {"csrfmiddlewaretoken": token}, headers=headers)

    assert answer.status_code == 403
    assert "Nothing was done: nothing was sent, changed or lost." in answer.text
    assert f'href="{url("campaign_schedule", draft)}?when=now"' in answer.text


@pytest.mark.parametrize("name", ["campaign_unschedule", "campaign_pause", "campaign_schedule"])
def test_a_press_after_the_session_is_over_comes_back_to_the_page_and_says_that_nothing_was_done(
    name: str, studio: Client, draft: Campaign
) -> None:
    where = url("campaign_schedule", draft) + "?when=later&timing=clinic"
    studio.logout()

    answer = studio.post(url(name, draft), headers={"Referer": f"http://testserver{where}"}, follow=True)

    assert answer.context["next"] == where
    assert said(answer) == ["You were signed out in the meantime, so nothing was done. Sign in, then press once more."]


@pytest.mark.parametrize("told", ["https://elsewhere.example/studio/", "http://testserver/sciatica", ""])
def test_nobody_is_led_astray_after_signing_in(told: str, studio: Client, draft: Campaign) -> None:
    studio.logout()

    answer = studio.post(url("campaign_pause", draft), headers={"Referer": told}, follow=True)

    assert answer.context["next"] == reverse("studio:dashboard")


def test_a_time_that_was_chosen_is_there_again_after_signing_in_or_going_back(studio: Client, draft: Campaign) -> None:
    local = database_now().astimezone(TORONTO) + timedelta(days=2)
    chosen = {"when": "later", "at": f"{local:%Y-%m-%dT%H:%M}", "timing": "spread", "spread_hours": "3"}

    part = studio.get(url("campaign_when", draft), {**chosen, "csrfmiddlewaretoken": "secret"}, headers=HTMX)
    shown = studio.get(part.headers["HX-Replace-Url"])

    form = shown.context["form"]
    assert {name: form[name].value() for name in chosen} == chosen
    assert "secret" not in part.headers["HX-Replace-Url"]
    assert shown.context["outlook"] == part.context["outlook"]


def test_a_time_that_is_over_after_signing_in_does_not_become_now(studio: Client, draft: Campaign) -> None:
    gone = {"when": "later", "at": "2020-01-01T10:00", "timing": "clinic"}

    shown = studio.get(url("campaign_schedule", draft), gone)

    assert shown.context["form"]["when"].value() == "later"
    assert shown.context["outlook"] is None


def test_the_checks_promise_what_the_page_shows_and_say_when_that_is_old(studio: Client, draft: Campaign) -> None:
    form = pressed(studio, draft)
    seen = {name: form[name] for name in ("count", "version", "audience", "tested")}

    few = studio.get(url("campaign_checks", draft), {**seen, "count": "2"}, headers=HTMX)
    many = studio.get(url("campaign_checks", draft), {**seen, "count": "900"}, headers=HTMX)
    other = studio.post(url("campaign_test", draft), {**seen, "version": "7"}, headers=HTMX)

    assert "Send to 2 people" in few.text
    assert ["Send to" in part.text for part in (many, other)] == [False, False]
    assert "It would now go to 3 people; you looked at 900." in many.text
    assert "The words were changed after you looked." in other.text


def test_who_lets_it_go_second_is_told_who_did_and_that_the_time_may_be_another(
    studio: Client, colleague: Client, draft: Campaign
) -> None:
    looked = pressed(studio, draft)
    tomorrow = f"{database_now() + timedelta(days=1):%Y-%m-%dT09:30}"
    studio.post(url("campaign_schedule", draft), looked | {"when": "later", "at": tomorrow}, follow=True)

    slower = colleague.post(url("campaign_schedule", draft), looked, follow=True)

    assert said(slower) == [
        "Dana Reyes scheduled it a moment before you. When it leaves stands here; until then you can take it back."
    ]
    assert fresh(draft).goes_at.date() > database_now().date()


AT_ONCE = {
    "campaign_schedule": "Scheduled for 3 people. You can take it back until it begins to leave.",
    "campaign_unschedule": "Taken back. It is a draft again, and nobody has got it.",
    "campaign_pause": "Paused. What has not left stays here until you resume.",
    "campaign_resume": "It goes on where it stopped.",
    "campaign_mended": "It goes on, with the new words.",
    "campaign_cancel": "Cancelled. What has not left never will.",
}


@pytest.mark.django_db(transaction=True)
def test_two_people_who_press_at_the_same_moment_do_it_once_and_both_are_told_that_it_is_done(
    studio: Client, colleague: Client, owner: User, draft: Campaign
) -> None:
    told = {}
    for name in AT_ONCE:
        if name == "campaign_pause":
            leaving_now(draft, owner)
        if name == "campaign_mended":
            mending.begin(draft, by=owner, now=database_now())
        form = pressed(studio, draft) if name == "campaign_schedule" else {"words": "1", "waiting": "3", "typed": "3"}
        in_two_threads(*(partial(status_after, browser, name, draft, form) for browser in (studio, colleague)))
        told[name] = [said(page(browser, draft)) for browser in (studio, colleague)]

    assert told == {name: [[sentence]] * 2 for name, sentence in AT_ONCE.items()}
    done = AuditEvent.objects.filter(subject=f"campaign:{draft.pk}").order_by("pk").values_list("act", flat=True)
    assert [act.partition(".")[2] for act in done] == [
        *["created", "scheduled", "draft", "scheduled", "started", "paused", "sending", "mending", "mended"],
        "cancelled",
    ]


def status_after(browser: Client, name: str, of: Campaign, form: dict[str, str]) -> int:
    return browser.post(url(name, of), form).status_code


def test_the_resend_that_is_there_is_opened_instead_of_a_second(
    studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    leaving_now(draft, owner)
    Campaign.objects.update(status=CampaignStatus.FINISHED, planned_at=database_now() - timedelta(days=3))

    first, second = (studio.post(url("campaign_resend", draft), {"subject": "Once more"}) for _ in range(2))

    assert first.headers["Location"] == second.headers["Location"]
    assert said(studio.get(first.headers["Location"])) == [
        "A draft for those who did not click. Look at it, then send it."
    ]


def test_once_its_time_has_come_the_page_does_not_speak_of_a_time_to_come(
    studio: Client, owner: User, draft: Campaign
) -> None:
    scheduled(draft, owner)
    Campaign.objects.update(start_at=database_now() - MINUTE)

    assert "Its time has come: it begins within seconds." in page(studio, draft).text


def test_what_had_left_before_it_was_paused_does_not_wait(studio: Client, owner: User) -> None:
    one = campaign(owner)
    leaving_now(one, owner)
    studio.post(url("campaign_pause", one))
    waiting = page(studio, one).text
    studio.post(url("campaign_cancel", one), {"waiting": "3", "typed": "3"})
    Campaign.objects.update(status=CampaignStatus.PAUSED)

    over = page(studio, one).text

    assert ("Resume</button>" in waiting, "Finish</button>" in over) == (True, True)
    assert "nothing waits any more" in over


def test_what_was_done_is_told_with_who_did_it(studio: Client, colleague: Client, owner: User, draft: Campaign) -> None:
    leaving_now(draft, owner)
    colleague.post(url("campaign_pause", draft))

    done = page(studio, draft).context["more"].done

    assert [(str(act.said), str(act.by or "")) for act in done] == [
        ("Paused", "Sam Okafor"),
        ("Began to leave", ""),
        ("Scheduled", "Dana Reyes"),
        ("Begun", "Dana Reyes"),
    ]
