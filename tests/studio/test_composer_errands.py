"""What is done in one click from the composer: only with what is saved, and every refusal says why."""

import json
from dataclasses import replace
from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.models import User
from newsletter.campaigns.experiments import queries as tests_of
from newsletter.campaigns.experiments import services as experiments
from newsletter.campaigns.experiments.models import What
from newsletter.content import queries as content
from newsletter.content.models import EmailTemplate, Override, Variant
from newsletter.deliveries.models import Delivery, Kind
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


def test_links_are_looked_at_again(studio: Client, draft: Campaign) -> None:
    assert "looked at again" in ask(studio, "email_links", draft.email_id).json()["said"]
    assert ask(studio, "email_links", mail.email(kind="step", topic="course").pk).status_code == 404


def test_words_are_allowed_for_a_reason(studio: Client, draft: Campaign) -> None:
    key = claiming(draft)

    short = ask(studio, "email_allow", draft.email_id, key, reason="Why not")
    allowed = ask(studio, "email_allow", draft.email_id, key, reason=REASON)
    again = ask(studio, "email_allow", draft.email_id, key, reason=REASON)

    assert (short.status_code, "whole sentence" in short.json()["why"]) == (422, True)
    assert (allowed.status_code, Override.objects.get().reason) == (200, REASON)
    assert (again.status_code, "allowed already" in again.json()["why"]) == (409, True)


def test_the_page_offers_what_its_email_can_have(studio: Client, draft: Campaign) -> None:
    step = mail.email(kind="step", topic="course")

    campaign, other = (state(studio.get(edit(email)))["errands"] for email in (draft.email, step))

    assert set(campaign) == {"override", "check_links", "send_test"}
    assert set(other) == {"override", "send_test"}


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
