"""The page of a test of two wordings: set up, tried, looked at, decided by a person."""

import re
from dataclasses import replace
from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from clinic.clock import database_now
from clinic.models import Clinic
from leads.models import Lead
from newsletter.campaigns import mending
from newsletter.campaigns import services as services_of_campaigns
from newsletter.campaigns.experiments import deciding, services
from newsletter.campaigns.experiments.models import Judge, What
from newsletter.campaigns.experiments.services import Setup
from newsletter.campaigns.models import CampaignStatus
from newsletter.content import services as content
from newsletter.deliveries.models import Kind
from newsletter.models import Campaign, Delivery, Experiment
from tests.factories import people
from tests.newsletter.campaigns.experiments.tested import click, leave_as_test, parts
from tests.studio.campaigns import fresh, said, scheduled, url

SETUP = Setup(What.SUBJECT, share=50, wait_hours=24, judged_by=Judge.CLICKS, words="Open on Saturdays")
TORONTO = ZoneInfo("America/Toronto")
TYPED = {
    "what": "subject",
    "words": "Open on Saturdays",
    "share": "50",
    "wait_hours": "24",
    "judged_by": "clicks",
    "otherwise": "a",
}


def test_of(campaign: Campaign) -> Experiment:
    return Experiment.objects.get(campaign=campaign)


test_of.__test__ = False  # type: ignore[attr-defined]


def under_test(one: Campaign, by: User) -> Campaign:
    """Planned for whoever agreed, half of them under test."""
    services.set_up(one, SETUP, by=by, now=database_now())
    content.freeze(one.email.variants.get(label="A"), now=database_now())
    count = services.plan(one, database_now())
    Campaign.objects.filter(pk=one.pk).update(
        status=CampaignStatus.SENDING, planned_at=database_now(), planned_count=count
    )
    return fresh(one)


def text(page) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.text))


def test_without_a_test_the_page_says_what_it_is_for(studio: Client, draft: Campaign) -> None:
    page = studio.get(url("campaign_ab", draft))

    assert "everybody else gets the better one" in page.text
    assert page.context["sizes"] is None
    assert [line.subject for line in page.context["lines"]] == ["New opening hours"]


def test_setting_it_up_shows_both_as_an_inbox_does_and_how_many_get_what(
    studio: Client, draft: Campaign, readers: list[Lead]
) -> None:
    answer = studio.post(url("campaign_ab", draft), TYPED)
    page = studio.get(answer.headers["Location"])

    assert [line.subject for line in page.context["lines"]] == ["New opening hours", "Open on Saturdays"]
    assert (page.context["sizes"].a, page.context["sizes"].b, page.context["sizes"].rest) == (1, 1, 1)
    assert "A goes to 1 person, B to 1. 1 other waits and gets the better one." in text(page)
    assert said(page) == ["Saved. Now send yourself a test of B."]


@pytest.mark.parametrize(
    ("field", "typed", "why"),
    [
        ("words", "", "Write what B says instead."),
        ("words", "{{ nonsense }}", "nonsense"),
        ("share", "9", "greater than or equal to 10"),
        ("share", "101", "less than or equal to 100"),
        ("wait_hours", "5", "not one of the available choices"),
        ("what", "colour", "not one of the available choices"),
        ("judged_by", "opens", "not one of the available choices"),
        ("words", "Dana\nBcc: a@b.example", "Write a name as readers see it"),
        ("words", "Dana <dana@harbour.example>", "Write a name as readers see it"),
        ("words", "{{ first_name|Dana }}", "Write a name as readers see it"),
        ("words", "Dana\u202eanaD", "Write a name as readers see it"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(
    studio: Client, draft: Campaign, field: str, typed: str, why: str
) -> None:
    what = {"what": "sender"} if "Write a name" in why else {}
    page = studio.post(url("campaign_ab", draft), TYPED | what | {field: typed})

    assert page.status_code == 200
    assert why in " ".join(page.context["form"].errors[field])
    assert Experiment.objects.count() == 0


def test_of_two_who_set_it_up_neither_writes_over_the_others_words_unseen(studio: Client, draft: Campaign) -> None:
    colleague = Client()
    colleague.force_login(people.staff(name="Sam Okafor"), backend="django.contrib.auth.backends.ModelBackend")
    looked = {"seen": studio.get(url("campaign_ab", draft)).context["seen"]}
    colleague.post(url("campaign_ab", draft), TYPED | looked | {"words": "Open on Sundays"})

    slower = studio.post(url("campaign_ab", draft), TYPED | looked)
    unsaved = test_of(draft).words
    studio.post(url("campaign_ab", draft), TYPED | {"seen": slower.context["seen"]})

    assert "Sam Okafor changed the test a moment ago" in slower.text
    assert slower.context["form"]["words"].value() == "Open on Saturdays"
    assert "Open on Sundays" in slower.text
    assert (unsaved, test_of(draft).words) == ("Open on Sundays", "Open on Saturdays")


def test_who_takes_the_test_away_is_told_of_to_whoever_still_writes_it(studio: Client, draft: Campaign) -> None:
    colleague = Client()
    colleague.force_login(people.staff(name="Sam Okafor"), backend="django.contrib.auth.backends.ModelBackend")
    studio.post(url("campaign_ab", draft), TYPED)
    looked = {"seen": studio.get(url("campaign_ab", draft)).context["seen"]}
    colleague.post(url("campaign_ab_drop", draft))

    slower = studio.post(url("campaign_ab", draft), TYPED | looked)

    assert "Sam Okafor took the test away a moment ago." in slower.text
    assert test_of(draft).state == "dropped"


def test_a_whole_mail_is_written_in_the_editor(studio: Client, draft: Campaign) -> None:
    answer = studio.post(url("campaign_ab", draft), TYPED | {"what": "body", "words": ""})

    other = test_of(draft).other_email
    assert other is not None
    assert answer.headers["Location"] == reverse("studio:email_edit", args=[other.pk])
    assert studio.get(answer.headers["Location"]).status_code == 200
    assert reverse("studio:email_edit", args=[other.pk]) in studio.get(url("campaign_ab", draft)).text


def test_a_test_mail_of_b_is_planned_and_until_it_left_b_cannot_go(
    studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    studio.post(url("campaign_ab", draft), TYPED)
    before = Delivery.objects.filter(kind=Kind.TEST).count()

    answer = studio.post(url("campaign_ab_test", draft), follow=True)

    assert said(answer) == [
        "Saved. Now send yourself a test of B.",
        f"A test of B leaves within seconds, to {owner.email}.",
    ]
    assert Delivery.objects.filter(kind=Kind.TEST).count() == before + 1
    assert "Nobody has had a test mail of B" in answer.text


def test_both_sides_are_shown_as_a_reader_gets_them(studio: Client, draft: Campaign) -> None:
    studio.post(url("campaign_ab", draft), TYPED | {"what": "preheader", "words": "From nine to one"})
    sides = {side: studio.get(reverse("studio:campaign_ab_letter", args=[draft.pk, side])).text for side in ("a", "b")}

    assert ("From Monday on" in sides["a"], "From nine to one" in sides["a"]) == (True, False)
    assert ("From Monday on" in sides["b"], "From nine to one" in sides["b"]) == (False, True)
    assert studio.get(reverse("studio:campaign_ab_letter", args=[draft.pk, "c"])).status_code == 404


def test_it_is_taken_away_beside_a_draft_and_not_afterwards(
    studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    studio.post(url("campaign_ab", draft), TYPED)
    under_test(draft, owner)
    refused = studio.post(url("campaign_ab_drop", draft), follow=True)
    assert said(refused)[-1] == "It is scheduled or has left: the test cannot be taken away any more."
    assert studio.get(url("campaign_ab", draft)).context["form"] is None

    Campaign.objects.update(status=CampaignStatus.DRAFT)
    Experiment.objects.update(state="draft")
    dropped = studio.post(url("campaign_ab_drop", draft), follow=True)
    assert said(dropped) == ["There is no test any more: everybody gets A."]
    assert "Try two wordings on a part of the readers" in studio.get(url("campaign", draft)).text


def test_beside_a_campaign_without_one_that_is_scheduled_none_can_be_set_up(
    studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    scheduled(draft, owner)

    page = studio.post(url("campaign_ab", draft), TYPED)

    assert "one can be set up only beside a draft" in page.text
    assert Experiment.objects.count() == 0


def test_beside_a_scheduled_campaign_its_test_is_shown_with_the_way_to_change_it(
    studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    studio.post(url("campaign_ab", draft), TYPED)
    Campaign.objects.filter(pk=draft.pk).update(status="scheduled", start_at=database_now())

    page = studio.get(url("campaign_ab", draft))

    assert page.context["form"] is None
    assert "To change it, take the campaign back first." in page.text


def test_a_decision_at_night_says_when_the_others_get_theirs_whatever_the_hours_become(
    studio: Client, owner: User, draft: Campaign
) -> None:
    for _ in range(20):
        people.consent()
    campaign = under_test(draft, owner)
    leave_as_test(campaign)
    night = (database_now() + timedelta(days=1)).astimezone(TORONTO).replace(hour=23, minute=0, second=0, microsecond=0)
    Experiment.objects.update(tested_at=night - timedelta(hours=24))
    deciding.look(night)
    Clinic.objects.update(writes_from=time(11))

    page = studio.get(url("campaign_ab", draft))

    assert page.context["standing"].leaves_at == night + timedelta(hours=9)
    assert "It was decided in the clinic\N{RIGHT SINGLE QUOTATION MARK}s quiet hours:" in text(page)
    assert "The other 10 people are given A after them" in text(page)


def test_with_everybody_in_the_test_choosing_promises_nobody_anything(
    studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    services.set_up(draft, replace(SETUP, share=100), by=owner, now=database_now())
    content.freeze(draft.email.variants.get(label="A"), now=database_now())
    services.plan(draft, database_now())
    Campaign.objects.filter(pk=draft.pk).update(status="sending", planned_at=database_now(), planned_count=3)

    chosen = studio.post(reverse("studio:campaign_ab_choose", args=[draft.pk, "b"]), follow=True)

    assert said(chosen) == ["Chosen. Everybody was in the test, so nobody gets anything more."]


def test_while_it_is_tested_the_figures_and_their_worth_are_shown(studio: Client, owner: User, draft: Campaign) -> None:
    for _ in range(20):
        people.consent()
    campaign = under_test(draft, owner)
    leave_as_test(campaign)
    click(parts(campaign)["b"][:3])

    page = studio.get(url("campaign_ab", draft))

    assert [(race.mailed, race.chosen) for race in page.context["standing"].races] == [(5, 0), (5, 3)]
    assert "The test is leaving. It is decided 24 hours after its last mail has left. 10 people wait for it." in text(
        page
    )
    assert "By these figures B is the better one with a probability of 97 %." in text(page)
    assert "Give B to the other 10" in page.text


def test_a_person_chooses_and_the_page_says_who(studio: Client, owner: User, draft: Campaign) -> None:
    for _ in range(20):
        people.consent()
    campaign = under_test(draft, owner)
    choose = reverse("studio:campaign_ab_choose", args=[draft.pk, "b"])

    chosen = studio.post(choose, follow=True)
    again = studio.post(choose, follow=True)
    other = studio.post(reverse("studio:campaign_ab_choose", args=[draft.pk, "a"]), follow=True)

    assert said(chosen) == ["Chosen. The other 10 get B, in a minute. Until then you can take it back."]
    assert "Dana Reyes chose B" in text(chosen)
    assert said(again) == said(chosen)
    assert said(other) == ["There is nothing to choose: it was decided, or is not under test."]
    assert test_of(campaign).decided_by == owner
    assert studio.post(reverse("studio:campaign_ab_choose", args=[draft.pk, "c"])).status_code == 404
    assert studio.get(choose).status_code == 405


def test_what_was_chosen_by_mistake_is_taken_back(studio: Client, owner: User, draft: Campaign) -> None:
    for _ in range(20):
        people.consent()
    campaign = under_test(draft, owner)
    chosen = studio.post(reverse("studio:campaign_ab_choose", args=[draft.pk, "b"]), follow=True)
    assert "The other 10 people get B in less than a minute." in text(chosen)
    assert url("campaign_ab_take_back", draft) in chosen.text

    back = studio.post(url("campaign_ab_take_back", draft), follow=True)
    again = studio.post(url("campaign_ab_take_back", draft), follow=True)

    assert said(back) == ["Taken back. Nobody else has got anything, and the test goes on."]
    assert said(again) == said(back)
    assert "Give B to the other 10" in text(back)
    assert test_of(campaign).state == "testing"
    assert studio.get(url("campaign_ab_take_back", draft)).status_code == 405


def test_once_the_minute_is_over_nothing_is_taken_back(studio: Client, owner: User, draft: Campaign) -> None:
    for _ in range(4):
        people.consent()
    under_test(draft, owner)
    studio.post(reverse("studio:campaign_ab_choose", args=[draft.pk, "b"]), follow=True)
    Experiment.objects.update(decided_at=database_now() - timedelta(minutes=1))

    back = studio.post(url("campaign_ab_take_back", draft), follow=True)
    again = studio.post(reverse("studio:campaign_ab_choose", args=[draft.pk, "b"]), follow=True)

    assert said(back) == ["There is nothing to take back: the minute is over."]
    assert said(again) == ["There is nothing to choose: it was decided, or is not under test."]


def test_what_is_chosen_while_it_is_paused_leaves_once_it_goes_on(studio: Client, owner: User, draft: Campaign) -> None:
    for _ in range(4):
        people.consent()
    services_of_campaigns.pause(under_test(draft, owner), by=owner)

    chosen = studio.post(reverse("studio:campaign_ab_choose", args=[draft.pk, "b"]), follow=True)
    Experiment.objects.update(decided_at=database_now() - timedelta(minutes=1))
    later = studio.get(url("campaign_ab", draft))

    assert said(chosen) == ["Chosen. The other 2 get B once the campaign is resumed."]
    assert "The other 2 people get B once the campaign goes on." in text(later)


def test_the_campaigns_page_says_that_the_others_wait_for_the_end_of_the_test(
    studio: Client, owner: User, draft: Campaign
) -> None:
    for _ in range(20):
        people.consent()
    campaign = under_test(draft, owner)
    leaving = studio.get(url("campaign", draft))
    leave_as_test(campaign)
    Experiment.objects.update(tested_at=database_now())
    waiting = studio.get(url("campaign", draft), {"seen": leaving.context["seen"]}, headers={"HX-Request": "true"})
    studio.post(reverse("studio:campaign_ab_choose", args=[draft.pk, "b"]))
    decided = studio.get(url("campaign", draft), {"seen": waiting.context["seen"]}, headers={"HX-Request": "true"})

    assert "The A/B test is leaving now. The other 10 people wait until it is decided." in text(leaving)
    assert "The A/B test has left. The other 10 people wait until it is decided," in text(waiting)
    assert [page.context["is_news"] for page in (waiting, decided)] == [True, True]
    assert "A/B test" not in text(decided)


def test_the_words_of_b_are_reached_while_the_campaign_is_mended(studio: Client, owner: User, draft: Campaign) -> None:
    for _ in range(4):
        people.consent()
    services.set_up(draft, replace(SETUP, what=What.BODY, words=""), by=owner, now=database_now())
    Campaign.objects.filter(pk=draft.pk).update(status=CampaignStatus.SENDING)
    content.freeze(draft.email.variants.get(label="A"), now=database_now())
    count = services.plan(draft, database_now())
    Campaign.objects.filter(pk=draft.pk).update(planned_at=database_now(), planned_count=count)
    mending.begin(draft, by=owner, now=database_now())
    b = reverse("studio:email_edit", args=[test_of(draft).other_email_id])

    page, editor = studio.get(url("campaign", draft)), studio.get(b)

    assert f'href="{b}"' in page.text
    assert editor.context["page"].onward == url("campaign", draft)


def test_too_few_to_tell_is_said_as_plainly_as_a_winner(studio: Client, owner: User, draft: Campaign) -> None:
    for _ in range(20):
        people.consent()
    campaign = under_test(draft, owner)
    leave_as_test(campaign)
    click(parts(campaign)["b"][:3])
    decided_at = (database_now() + timedelta(days=1)).astimezone(TORONTO).replace(hour=12)
    Experiment.objects.update(tested_at=decided_at - timedelta(hours=24))
    deciding.look(decided_at)

    page = studio.get(url("campaign_ab", draft))

    assert "Too few to tell : 3 people clicked, and it takes 20. So it is A, as you chose beforehand." in text(page)
    assert "The other 10 people were given A" in text(page)
    assert page.context["standing"].can_choose is False


def test_whoever_waits_for_the_end_of_a_test_is_said_to(studio: Client, owner: User, draft: Campaign) -> None:
    for _ in range(4):
        people.consent()
    campaign = under_test(draft, owner)
    waiting = parts(campaign)["rest"][0].lead_id

    page = studio.get(reverse("studio:lead", args=[waiting]))

    told = text(page).partition("held until others who get it first have told how it goes")
    assert told[1]
    assert "just now" in told[2][:60]


def test_the_campaigns_page_leads_to_its_test_and_its_results(studio: Client, owner: User, draft: Campaign) -> None:
    for _ in range(4):
        people.consent()
    before = studio.get(url("campaign", draft))
    campaign = under_test(draft, owner)
    after = studio.get(url("campaign", campaign))

    assert (url("campaign_ab", draft) in before.text, url("results", draft) in before.text) == (True, False)
    assert (url("campaign_ab", draft) in after.text, url("results", draft) in after.text) == (True, True)
