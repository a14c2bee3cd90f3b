"""The last look at a campaign that tries two wordings: both are shown, and how many get which."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from clinic.clock import database_now
from newsletter.models import Campaign, EmailTemplate, Experiment
from tests.factories import people
from tests.studio.campaigns import campaign, fresh, pressed, url

pytestmark = pytest.mark.usefixtures("readers")


def tried(one: Campaign) -> Experiment:
    return Experiment.objects.create(campaign=one, what="subject", words="Open on Saturdays", share=67, wait_hours=24)


def test_both_wordings_are_shown_with_how_many_get_which(studio: Client, draft: Campaign) -> None:
    tried(draft)

    page = studio.get(url("campaign_schedule", draft))

    assert "A goes to 1 person, B to 1. The better one goes to the other 1 after 24 hours." in page.text
    assert "“Open on Saturdays”, “From Monday on”." in page.text
    assert reverse("studio:campaign_ab_letter", args=[draft.pk, "b"]) in page.text


def test_a_large_one_with_a_test_promises_no_first_few_and_has_none(studio: Client, owner: User) -> None:
    for _ in range(98):
        people.consent()
    earlier = EmailTemplate.objects.create(kind="campaign", name="Earlier")
    Campaign.objects.create(name="Earlier", email=earlier, planned_at=database_now(), planned_count=3)
    one = campaign(owner)
    tried(one)

    page = studio.get(url("campaign_schedule", one))
    studio.post(url("campaign_schedule", one), pressed(studio, one, typed="101"))

    assert "That is more than twice as many as usual" in page.text
    assert "get it first" not in page.text
    assert (fresh(one).canary_size, 'name="typed"' in page.text) == (0, True)


def test_a_test_that_a_colleague_changed_since_the_look_does_not_go_unseen(studio: Client, draft: Campaign) -> None:
    form = pressed(studio, draft)
    tried(draft)

    page = studio.post(url("campaign_schedule", draft), form)

    assert "The A/B test was changed after you looked." in page.text
    assert fresh(draft).status == "draft"
