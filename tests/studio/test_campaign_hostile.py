"""Whatever is sent to the pages of a campaign, in whatever state it is: they answer, and never fall over."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, reverse

from accounts.models import User
from clinic.clock import database_now
from newsletter.campaigns import mending, services
from newsletter.campaigns.experiments import services as experiments
from newsletter.campaigns.experiments.models import Judge, What
from newsletter.campaigns.experiments.services import Setup
from newsletter.models import Campaign
from studio import urls
from tests.factories import people
from tests.studio.campaigns import campaign, ended, leaving_now, scheduled

HOSTILE = ("a\x00b", "9" * 5000)
HTMX = {"HX-Request": "true"}
WHEN = {"when": "later", "at": "2099-12-01T09:30", "timing": "spread", "spread_hours": "4"}
LOOKED = {"count": "3", "version": "1", "audience": "x", "tested": ""}
FORMS: dict[str, dict[str, str]] = {
    "campaign": {"seen": "", "words": ""},
    "campaign_ab": {"what": "subject", "words": "B", "share": "50", "wait_hours": "24", "judged_by": "clicks"},
    "campaign_audience": {"name": "A", "topic": "newsletter", "included": "1", "excluded": "1", "seen": ""},
    "campaign_cancel": {"waiting": "3", "typed": "3"},
    "campaign_checks": LOOKED,
    "campaign_mended": {"words": "1"},
    "campaign_repeat": {"day": "3"},
    "campaign_resend": {"subject": "Another"},
    "campaign_schedule": {**WHEN, **LOOKED, "typed": "3", "goes_on": "on"},
    "campaign_tags": {"utm_source": "a", "utm_medium": "b", "utm_campaign": "c"},
    "campaign_test": {**LOOKED, "back": "1"},
    "campaign_unmended": {"begun": ""},
    "campaign_when": WHEN,
    "results_people": {"q": "", "did": "clicked", "page": "1"},
}
"""What a browser sends to the pages that take something, by their names."""

Begin = Callable[[Campaign, User], object]


def mended(one: Campaign, by: User) -> None:
    mending.begin(leaving_now(one, by), by=by, now=database_now())


def over(one: Campaign, by: User) -> None:
    ended(leaving_now(one, by))
    services.finish_done(database_now())


def with_a_test(one: Campaign, by: User) -> None:
    setup = Setup(What.SUBJECT, share=50, wait_hours=24, judged_by=Judge.CLICKS, words="B")
    experiments.set_up(one, setup, by=by, now=database_now())


STATES: dict[str, Begin] = {
    "with a test": with_a_test,
    "scheduled": scheduled,
    "sending": leaving_now,
    "paused": lambda one, by: services.pause(leaving_now(one, by), by=by),
    "mended": mended,
    "cancelled": lambda one, by: services.cancel(leaving_now(one, by), by=by, now=database_now()),
    "finished": over,
}


def pages() -> list[URLPattern]:
    """Every address of one campaign."""
    rooms = [*urls.CAMPAIGNS, *urls.EXPERIMENTS, *urls.RESULTS, *urls.PREFLIGHT]
    return [page for page in rooms if str(page.pattern).startswith("campaigns/<int:pk>")]


def address(page: URLPattern, of: Campaign) -> str:
    known = {"pk": of.pk, "side": "a", "revision": 10**30}
    return reverse(f"studio:{page.name}", kwargs={part: known[part] for part in page.pattern.converters})


@pytest.fixture
def one(owner: User) -> Campaign:
    for _ in range(3):
        people.consent()
    return campaign(owner)


def answers(studio: Client, path: str, form: dict[str, str]) -> set[int]:
    """What is answered when it is looked at and when it is posted."""
    return {answered(ask, path, form) for ask in (partial(studio.get, headers=HTMX), studio.post)}


def answered(ask: Callable[..., Any], path: str, form: dict[str, str]) -> int:
    """The status of the answer; nothing that is done is kept."""
    with transaction.atomic():
        status: int = ask(path, form).status_code
        transaction.set_rollback(True)
    return status


@pytest.mark.parametrize("begin", STATES.values(), ids=STATES)
def test_every_page_answers_in_every_state(begin: Begin, studio: Client, owner: User, one: Campaign) -> None:
    begin(one, owner)

    found = {page.name: answers(studio, address(page, one), FORMS.get(page.name or "", {})) for page in pages()}

    assert {name: codes for name, codes in found.items() if codes - {200, 204, 302, 404, 405}} == {}


@pytest.mark.parametrize("room", [page for page in pages() if page.name in FORMS], ids=lambda room: room.name)
def test_every_field_may_hold_anything_or_be_missing(room: URLPattern, studio: Client, one: Campaign) -> None:
    """One by one where it is posted; all at once where it is looked at, which asks for few of them."""
    form, place = FORMS[room.name or ""], address(room, one)
    forms = [form | {name: value} for name in form for value in HOSTILE]
    forms += [{name: form[name] for name in form if name != missing} for missing in form]

    found = {answered(studio.post, place, each) for each in forms}
    found |= answers(studio, place, {}).union(*(answers(studio, place, dict.fromkeys(form, bad)) for bad in HOSTILE))

    assert found <= {200, 204, 302, 404, 405}
