"""What is done in one click from the composer: only with what is saved, and every refusal says why."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from clinic.clock import database_now
from clinic.models import Clinic
from newsletter.campaigns.experiments import queries as tests_of
from newsletter.campaigns.experiments import services as experiments
from newsletter.campaigns.experiments.models import What
from newsletter.content import queries as content
from newsletter.content.models import EmailTemplate, Override, Variant
from newsletter.deliveries.models import Delivery, Kind
from newsletter.liveness.models import LinkCheck
from newsletter.models import Campaign
from tests.factories import mail
from tests.newsletter.campaigns.experiments.tested import SETUP
from tests.studio.test_composer import edit, state

REASON = "It is the title of a book, and no promise of ours."


def ask(client: Client, name: str, *args: Any, **said: Any) -> Any:
    return client.post(reverse(f"studio:{name}", args=args), json.dumps(said), content_type="application/json")


def claiming(draft: Campaign) -> str:
    """The campaign says what no clinic may; the finding's key."""
    text = {"id": "aaaaaaaa", "type": "text", "text": "<p>We cure everybody.</p>"}
    EmailTemplate.objects.filter(pk=draft.email_id).update(body={"version": 2, "blocks": [text]})
    draft.email.refresh_from_db()
    return next(one.key for one in content.findings(draft.email) if one.key and one.blocking)


def test_a_test_mail_goes_to_whoever_asks(studio: Client, draft: Campaign) -> None:
    before = Delivery.objects.count()
    answer = ask(studio, "email_test", draft.email_id)

    assert (answer.status_code, answer.json()) == (
        200,
        {"said": "A test leaves within seconds, to dana@harbour.example."},
    )
    assert set(Delivery.objects.filter(kind=Kind.TEST).values_list("owner", flat=True)) == {draft.email_id}
    assert Delivery.objects.count() == before + 1


def test_what_cannot_be_mailed_is_not_tested(studio: Client, draft: Campaign) -> None:
    EmailTemplate.objects.filter(pk=draft.email_id).update(subject="{{ nobody }}")
    before = Delivery.objects.count()

    answer = ask(studio, "email_test", draft.email_id)

    assert (answer.status_code, "nobody" in answer.json()["why"]) == (422, True)
    assert ask(studio, "email_test", 999_999).status_code == 404
    assert Delivery.objects.count() == before


@pytest.mark.parametrize("kind", ["campaign", "step", "transactional"])
def test_links_are_looked_at_again_in_every_kind_of_mail(kind: str, studio: Client, owner: User, settings: Any) -> None:
    settings.LINK_CHECKS = True
    Clinic.objects.update(booking_url="")
    text = {"id": "aaaaaaaa", "type": "text", "text": '<p><a href="https://mended.good.test/">Read</a></p>'}
    email = mail.email(kind=kind, topic="course", body={"version": 2, "blocks": [text]})
    long_ago = database_now() - timedelta(hours=1)
    LinkCheck.objects.create(url="https://mended.good.test/", verdict="dead", reason="gone", checked_at=long_ago)

    first, second = (ask(studio, "email_links", email.pk).json()["said"] for _ in range(2))

    assert (first, "a moment ago" in second) == ("1 link is looked at again.", True)
    assert LinkCheck.objects.get().due_at is not None
    assert ask(studio, "email_links", 999_999).status_code == 404


def test_words_are_allowed_for_a_reason(studio: Client, draft: Campaign) -> None:
    key = claiming(draft)

    short = ask(studio, "email_allow", draft.email_id, key, reason="Why not")
    allowed = ask(studio, "email_allow", draft.email_id, key, reason=REASON)
    again = ask(studio, "email_allow", draft.email_id, key, reason=REASON)

    assert (short.status_code, "whole sentence" in short.json()["why"]) == (422, True)
    assert (allowed.status_code, Override.objects.get().reason) == (200, REASON)
    assert (again.status_code, "allowed already" in again.json()["why"]) == (409, True)


@pytest.mark.parametrize("kind", ["campaign", "step", "transactional", "preset"])
def test_the_page_offers_what_every_email_can_have(kind: str, studio: Client, owner: User) -> None:
    page = state(studio.get(edit(mail.email(kind=kind))))

    assert set(page["errands"]) == {"override", "check_links", "send_test"}


def test_the_words_of_b_belong_to_their_test(studio: Client, owner: User, draft: Campaign) -> None:
    """The page leads back there and on to the campaign's last look; its test mail is one of B."""
    experiments.set_up(draft, replace(SETUP, what=What.BODY, words=""), by=owner, now=draft.created_at)
    other = tests_of.of(draft).other_email

    page = studio.get(edit(other)).text
    answer = ask(studio, "email_test", other.pk)

    assert reverse("studio:campaign_ab", args=[draft.pk]) in page
    assert reverse("studio:campaign_schedule", args=[draft.pk]) in page
    assert 'id="publish"' not in page
    assert answer.status_code == 200
    assert Variant.objects.filter(email=other, label="test B").exists()
    assert ask(studio, "email_links", other.pk).status_code == 200
