"""The page of the mails that go out by themselves and of the presets: each can be opened, and stands as it stands."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from clinic.clock import database_now
from newsletter.content import presets
from newsletter.content.presets import offered
from newsletter.content.presets.starters import STARTERS
from newsletter.models import Campaign, EmailTemplate
from tests.factories import stock

SHIPPED = [starter.key for starter in STARTERS]


@pytest.fixture
def installed(owner: User) -> None:
    stock.mails(database_now())


def page(studio: Client) -> str:
    return studio.get(reverse("studio:mails")).text


def save(studio: Client, email: EmailTemplate, subject: str) -> None:
    said = {"version": email.version, "subject": subject, "preheader": email.preheader, "document": email.body}
    answer = studio.post(reverse("studio:email_save", args=[email.pk]), json.dumps(said), "application/json")
    assert answer.status_code == 200


@pytest.mark.usefixtures("installed")
def test_every_mail_that_ships_is_opened_from_here(studio: Client) -> None:
    shown = page(studio)

    emails = EmailTemplate.objects.filter(key__in=[preset.key for preset in presets.SHIPPED])
    assert emails.count() == len(presets.SHIPPED)
    for email in emails:
        assert f'href="{reverse("studio:email_edit", args=[email.pk])}"' in shown
        editor = studio.get(reverse("studio:email_edit", args=[email.pk]))
        assert 'id="publish"' in editor.text
    assert "changed, not in use" not in shown


@pytest.mark.usefixtures("installed")
def test_what_is_saved_and_does_not_go_out_says_so_until_it_does(studio: Client) -> None:
    email = EmailTemplate.objects.get(key="confirmation")
    save(studio, email, "One more click")
    assert page(studio).count("changed, not in use") == 1

    studio.post(reverse("studio:email_publish", args=[email.pk]), json.dumps({"version": 2}), "application/json")

    assert "changed, not in use" not in page(studio)


def test_before_anything_is_installed_there_are_the_presets(studio: Client) -> None:
    shown = studio.get(reverse("studio:mails"))

    assert [offer.key for offer, _about in shown.context["offers"]] == SHIPPED
    assert "Keep a campaign as a preset" not in shown.text


def test_a_preset_that_ships_is_changed_in_the_editor_and_campaigns_begin_with_it(studio: Client) -> None:
    opened = studio.post(reverse("studio:preset_change", args=["newsletter"]))
    email = EmailTemplate.objects.get(key="starter-newsletter")
    assert opened.headers["Location"] == reverse("studio:email_edit", args=[email.pk])
    editor = studio.get(opened.headers["Location"]).text
    assert ('id="publish"' in editor, "Review and send" in editor) == (False, False)
    save(studio, email, "Our letter")

    studio.post(reverse("studio:campaign_new"), {"starter": "newsletter"})

    assert Campaign.objects.get().email.subject == "Our letter"
    studio.post(reverse("studio:preset_delete", args=[email.pk]))
    assert offered.named("newsletter").email is None
    assert Campaign.objects.get().email.subject == "Our letter"


def test_a_campaign_is_kept_as_a_preset_and_others_begin_with_it(studio: Client, draft: Campaign) -> None:
    form = studio.get(reverse("studio:mails"), {"of": draft.pk})
    assert f'<option value="{draft.pk}" selected>' in form.text

    kept = studio.post(reverse("studio:preset_keep"), {"campaign": draft.pk, "name": "Every autumn"}, follow=True)
    assert "“Every autumn” is among the presets now." in kept.text
    own = EmailTemplate.objects.get(kind="preset")
    studio.post(reverse("studio:campaign_new"), {"starter": f"own-{own.pk}"})

    begun = Campaign.objects.latest("pk")
    assert (begun.email.subject, begun.email.body) == (draft.email.subject, draft.email.body)
    assert begun.name.startswith("Every autumn, ")


@pytest.mark.parametrize("said", [{"name": ""}, {"campaign": "0"}, {"campaign": "x"}, {"name": "x" * 121}])
def test_what_cannot_be_kept_is_explained(said: dict[str, str], studio: Client, draft: Campaign) -> None:
    answer = studio.post(reverse("studio:preset_keep"), {"campaign": draft.pk, "name": "Every autumn", **said})

    assert list(answer.context["form"].errors) == list(said)
    assert EmailTemplate.objects.filter(kind="preset").count() == 0


def test_only_presets_are_deleted_here(studio: Client, draft: Campaign) -> None:
    assert studio.post(reverse("studio:preset_delete", args=[draft.email_id])).status_code == 404
    assert studio.post(reverse("studio:preset_change", args=["nothing"])).status_code == 404
    assert EmailTemplate.objects.filter(pk=draft.email_id).exists()


def test_a_preset_has_versions_like_any_mail(studio: Client) -> None:
    email = offered.change("event", now=database_now())
    save(studio, email, "Come and see")

    shown = studio.get(reverse("studio:email_revisions", args=[email.pk]))

    assert [entry.words.version for entry in shown.context["entries"]] == [2, 1]
    assert "Nothing of this mail goes out yet" not in shown.text
