"""What is said of mails that wait: for how long that makes sense, and from when on it does not."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import User
from clinic.clock import database_now
from newsletter.campaigns import services
from newsletter.deliveries.models import Kind
from newsletter.models import Batch, Campaign, Chunk
from tests.factories import people
from tests.studio.campaigns import campaign, few_landed, leaving_now, url

DAY = timedelta(days=1)
TOO_OLD = "It has waited for more than a week, and is too old to leave now"


@pytest.fixture
def paused(owner: User, readers: list) -> Campaign:
    one = leaving_now(campaign(owner), owner)
    services.pause(one, by=owner)
    return one


def moved(one: Campaign, by: timedelta) -> None:
    for batch in Batch.objects.filter(kind=Kind.CAMPAIGN, owner_id=one.pk):
        Batch.objects.filter(pk=batch.pk).update(expires_at=database_now() + by)


def test_what_is_paused_says_until_when_it_can_wait(studio: Client, paused: Campaign) -> None:
    moved(paused, DAY)

    page = studio.get(url("campaign", paused)).text

    assert "in 23 hours" in page.partition("What waits gets too old to leave:")[2][:200]
    assert TOO_OLD not in page


def test_what_has_waited_for_too_long_is_said_before_anybody_resumes_it(studio: Client, paused: Campaign) -> None:
    moved(paused, DAY)
    seen = studio.get(url("campaign", paused)).context["seen"]
    moved(paused, -DAY)

    asked_again = studio.get(url("campaign", paused), {"seen": seen}, headers={"HX-Request": "true"})

    assert TOO_OLD in asked_again.text


def test_what_is_partly_too_old_is_said_to_be(studio: Client, paused: Campaign) -> None:
    moved(paused, DAY)
    batch = Batch.objects.get(kind=Kind.CAMPAIGN, owner_id=paused.pk)
    older = Batch.objects.create(
        kind=batch.kind,
        owner_id=batch.owner_id,
        lane=batch.lane,
        size=1,
        planned_at=batch.planned_at,
        expires_at=database_now() - DAY,
    )
    Chunk.objects.create(batch=older, lane=batch.lane, due_at=database_now(), size=1)

    assert "Some of what waits has done so for more than a week" in studio.get(url("campaign", paused)).text


def test_the_others_of_a_large_one_wait_for_a_look_and_get_no_older(studio: Client, owner: User) -> None:
    for _ in range(30):
        people.consent()
    one = campaign(owner)
    Campaign.objects.filter(pk=one.pk).update(canary_size=20)
    few_landed(leaving_now(one, owner))
    moved(one, -DAY)

    assert "too old to leave" not in studio.get(url("campaign", one)).text


def test_what_waits_for_nobody_says_nothing(studio: Client, owner: User, draft: Campaign) -> None:
    people.consent()
    leaving_now(draft, owner)

    assert "too old to leave" not in studio.get(url("campaign", draft)).text
