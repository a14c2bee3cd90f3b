"""Campaigns that leave: how far they are, paused, resumed, cancelled; and what came back."""

import re

import pytest
from django.test import Client
from django.utils.html import strip_tags

from accounts.models import User
from clinic.clock import database_now
from leads.models import Lead
from newsletter.campaigns import services
from newsletter.campaigns.models import CampaignStatus
from newsletter.deliveries.models import Kind, Lane, State
from newsletter.models import Batch, Campaign, Chunk, Delivery, Outcome, Uncertain
from tests.factories import mail, people
from tests.studio.campaigns import MINUTE, ended, fresh, leaving_now, said, scheduled, url

HTMX = {"HX-Request": "true"}


def poll(studio: Client, of: Campaign, seen: str = ""):
    return studio.get(url("campaign", of), {"seen": seen}, headers=HTMX)


def batch(of: Campaign) -> Batch:
    return Batch.objects.get(kind=Kind.CAMPAIGN, owner_id=of.pk)


def test_while_it_leaves_the_page_asks_again_and_shows_how_far_it_is(
    studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    leaving_now(draft, owner)

    page = studio.get(url("campaign", draft))

    assert 'hx-trigger="every 2s"' in page.text
    assert '<progress max="3" value="0"' in page.text
    assert page.context["after"].progress.waiting == 3


def test_every_number_stands_on_the_page_while_mail_leaves(studio: Client, owner: User, draft: Campaign) -> None:
    for _ in range(20):
        people.consent()
    leaving_now(draft, owner)
    planned = list(Delivery.objects.filter(kind=Kind.CAMPAIGN, owner=draft.pk).order_by("id"))
    states = [State.SUBMITTED] * 2 + [State.REFUSED] * 3 + [State.FAILED] * 4
    for one, state in zip(planned, states, strict=False):
        Outcome.objects.create(delivery_id=one.pk, at=database_now(), state=state)
    for one in planned[9:14]:
        Uncertain.objects.create(delivery_id=one.pk, lane=Lane.MARKETING, since=database_now())
    Chunk.objects.update(mark=14, due_at=database_now())

    page = studio.get(url("campaign", draft)).text

    table = page.partition("the parts add up to what was planned")[2].partition("</table>")[0]
    rows = re.findall(r'<tr><th scope="row">(.*?)</th><td class="number">(.*?)</td></tr>', table)
    assert {strip_tags(name): strip_tags(count) for name, count in rows} == {
        "Planned": "20",
        "Submitted": "2",
        "Refused by our own check": "3",
        "Failed": "4",
        "Uncertain": "5",
        "Waiting": "6",
    }
    assert "2 mails in the last minute. About 3 minutes left." in page
    assert '<progress max="20" value="9"' in page


def test_asking_again_is_answered_only_when_there_is_news(
    studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    leaving_now(draft, owner)
    seen = studio.get(url("campaign", draft)).context["seen"]

    nothing = poll(studio, draft, seen)
    ended(draft)
    news = poll(studio, draft, seen)

    assert (nothing.status_code, nothing.content) == (204, b"")
    assert "<html" not in news.text
    assert '<progress max="3" value="3"' in news.text
    assert "100 percent of the mails have come to an end." in news.text
    assert "#acts" not in news.text


def test_once_it_has_finished_the_page_says_so_and_asks_no_more(
    studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    leaving_now(draft, owner)
    seen = studio.get(url("campaign", draft)).context["seen"]
    ended(draft)
    services.finish_done(database_now())

    news = poll(studio, draft, seen)

    assert "Everything that could leave has left" in news.text
    assert 'hx-swap-oob="innerHTML:#acts"' in news.text
    assert "hx-trigger" not in news.text
    assert "Cancel this campaign" not in news.text


def test_a_scheduled_page_notices_that_it_begins_to_leave(
    studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    scheduled(draft, owner)
    page = studio.get(url("campaign", draft))
    services.start_due(database_now() + MINUTE)

    news = poll(studio, draft, page.context["seen"])

    assert 'hx-trigger="every 1s"' in page.text
    assert 'hx-trigger="every 2s"' in news.text
    assert "Pause</button>" in news.text


def test_a_new_minute_is_told_and_moves_no_button(
    studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    scheduled(draft, owner)
    state, _minute, left = studio.get(url("campaign", draft)).context["seen"].split("-")

    news = poll(studio, draft, f"{state}-before-{left}")

    assert 'hx-swap-oob="innerHTML:#state"' in news.text
    assert "#acts" not in news.text
    assert "#now" not in news.text


def test_paused_it_waits_and_resumed_it_goes_on(
    studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    leaving_now(draft, owner)

    studio.post(url("campaign_pause", draft))
    paused = (fresh(draft).status, batch(draft).state)
    page = studio.get(url("campaign", draft))
    studio.post(url("campaign_resume", draft))

    assert paused == ("paused", "paused")
    assert "Resume</button>" in page.text
    assert (fresh(draft).status, batch(draft).state) == ("sending", "open")


@pytest.mark.parametrize(
    "act", ["campaign_pause", "campaign_resume", "campaign_others", "campaign_unschedule", "campaign_unmended"]
)
def test_an_act_that_comes_too_late_changes_nothing_and_says_so(
    act: str, studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    leaving_now(draft, owner)
    ended(draft)
    services.finish_done(database_now())

    studio.post(url(act, draft))

    assert said(studio.get(url("campaign", draft))) == ["Nothing was changed: everything that could leave has left."]
    assert fresh(draft).status == CampaignStatus.FINISHED


def test_cancelling_asks_first_with_the_number_that_will_never_leave(
    studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    leaving_now(draft, owner)

    question = studio.get(url("campaign_cancel", draft))
    still = fresh(draft).status
    untyped = studio.post(url("campaign_cancel", draft), {"waiting": "3", "typed": "2"})
    studio.post(url("campaign_cancel", draft), {"waiting": "3", "typed": "3"})
    page = studio.get(url("campaign", draft))

    assert "3 mails have not left and never will." in question.text
    assert untyped.context["form"].errors == {"typed": ["Type the number that stands above."]}
    assert (still, fresh(draft).status) == (CampaignStatus.SENDING, CampaignStatus.CANCELLED)
    assert page.context["after"].refusals == [("campaign cancelled", 3)]
    assert "hx-trigger" not in page.text


def test_a_wrong_number_is_asked_for_anew_as_it_is_by_then(
    studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    leaving_now(draft, owner)

    mistyped = studio.post(url("campaign_cancel", draft), {"waiting": "4", "typed": "5"})
    studio.post(url("campaign_cancel", draft), {"waiting": mistyped.context["form"]["waiting"].value(), "typed": "3"})

    assert "3 mails have not left and never will." in mistyped.text
    assert fresh(draft).status == CampaignStatus.CANCELLED


def test_once_more_than_half_has_left_cancelling_asks_for_no_number(
    studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    leaving_now(draft, owner)
    for delivery in Delivery.objects.filter(kind=Kind.CAMPAIGN, owner=draft.pk).order_by("id")[:2]:
        Outcome.objects.create(delivery_id=delivery.pk, at=database_now(), state=State.SUBMITTED)
    Chunk.objects.filter(batch__kind=Kind.CAMPAIGN).update(mark=2)

    question = studio.get(url("campaign_cancel", draft))
    studio.post(url("campaign_cancel", draft))

    assert "1 mail has not left and never will." in question.text
    assert question.context["form"] is None
    assert fresh(draft).status == CampaignStatus.CANCELLED


def test_a_draft_is_given_up_without_a_number(studio: Client, draft: Campaign) -> None:
    question = studio.get(url("campaign_cancel", draft))
    studio.post(url("campaign_cancel", draft))

    assert "Nobody has got it, and nobody will." in question.text
    assert fresh(draft).status == CampaignStatus.CANCELLED


def test_what_has_ended_cannot_be_cancelled(studio: Client, draft: Campaign) -> None:
    for method in (studio.post, studio.get, studio.post):
        answer = method(url("campaign_cancel", draft))

    assert answer.headers["Location"] == url("campaign", draft)
    assert said(studio.get(url("campaign", draft))) == ["Cancelled. What has not left never will."]


def test_what_came_back_is_counted_apart_from_scanners(
    studio: Client, owner: User, draft: Campaign, readers: list[Lead]
) -> None:
    leaving_now(draft, owner)
    first, second, third = Delivery.objects.filter(kind=Kind.CAMPAIGN, owner=draft.pk).order_by("id")
    Outcome.objects.create(delivery_id=third.pk, at=database_now(), state=State.REFUSED, reason="no consent")
    ended(draft)
    mail.click(first)
    mail.click(second, label="scanner")
    for kind in ("booked", "unsubscribed", "bounced"):
        mail.fact(first, kind)

    page = studio.get(url("campaign", draft))
    after = page.context["after"]

    brought = after.brought
    assert (brought.people, brought.scanner_clicks, brought.booked, brought.unsubscribed, brought.bounced) == (
        1,
        1,
        1,
        1,
        1,
    )
    assert (after.progress.submitted, after.refusals) == (2, [("no consent", 1)])
    assert '<th scope="row" class="break">there is no consent</th>' in page.text


@pytest.mark.parametrize("count", [1, 3])
def test_a_page_that_asks_again_costs_the_same_for_one_mail_as_for_many(
    count: int, studio: Client, owner: User, draft: Campaign, django_assert_num_queries
) -> None:
    for _ in range(count):
        people.consent()
    leaving_now(draft, owner)

    with django_assert_num_queries(10):
        poll(studio, draft)
