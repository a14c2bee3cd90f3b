"""The preview: a mail that is not finished is shown as far as it is, from whom it comes, with what is awaited."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from newsletter.content.models import EmailTemplate
from newsletter.models import Campaign
from tests.factories import mail
from tests.factories.clinics import clinic

TEXT = {"id": "aaaaaaaa", "type": "text", "text": "<p>Hello {{ first_name|there }}</p>"}
EMPTY_BUTTON = {"id": "bbbbbbbb", "type": "button", "label": "", "target": "call"}


@pytest.fixture
def email(owner: User) -> EmailTemplate:
    return mail.email(subject="Before", body={"version": 2, "blocks": [TEXT]})


def look(client: Client, email: EmailTemplate, *blocks: dict[str, Any], subject: str = "Hello") -> dict[str, Any]:
    said = {"version": 1, "subject": subject, "preheader": "", "document": {"version": 2, "blocks": list(blocks)}}
    url = reverse("studio:email_preview", args=[email.pk])
    return client.post(url, json.dumps(said), content_type="application/json").json()


def test_a_block_that_is_not_finished_keeps_nobody_from_seeing_the_others(studio: Client, email: EmailTemplate) -> None:
    shown = look(studio, email, TEXT, EMPTY_BUTTON)

    assert ("Hello Alex" in shown["html"], shown["left"]) == (True, 1)
    assert [(one["block"], one["field"]) for one in shown["problems"]] == [("bbbbbbbb", "label")]


def test_a_wrong_field_in_the_subject_does_not_hide_the_letter(studio: Client, email: EmailTemplate) -> None:
    shown = look(studio, email, TEXT, subject="For {{ nobody }}")

    assert ("Hello Alex" in shown["html"], shown["left"]) == (True, 0)
    assert [one["field"] for one in shown["problems"]] == ["subject"]
    assert "Write a subject." not in [one["why"] for one in shown["findings"]]


def test_the_inbox_line_names_whoever_the_campaign_names(studio: Client, draft: Campaign) -> None:
    clinic(sender_name="Clinique Santé")
    usual = look(studio, draft.email, TEXT)["sender"]
    Campaign.objects.filter(pk=draft.pk).update(sender_name="Zoë, au comptoir")
    own = look(studio, draft.email, TEXT)["sender"]

    assert usual.startswith("Clinique Santé <")
    assert own.startswith("Zoë")


def test_links_that_nobody_has_looked_at_yet_are_counted(
    studio: Client, email: EmailTemplate, settings: Settings
) -> None:
    settings.LINK_CHECKS = True
    linked = {**TEXT, "text": '<p><a href="https://elsewhere.org/">There</a></p>'}

    without, with_one = (look(studio, email, block)["pending"] for block in (TEXT, linked))

    assert with_one - without == 1


def test_a_save_is_answered_with_the_words_as_they_are_kept(studio: Client, email: EmailTemplate) -> None:
    listed = {**TEXT, "text": "<ul><li><p>One </p></li></ul>"}
    said = {"version": 1, "subject": "After ", "preheader": "", "document": {"version": 2, "blocks": [listed]}}

    url = reverse("studio:email_save", args=[email.pk])
    kept = studio.post(url, json.dumps(said), content_type="application/json").json()

    assert kept["subject"] == "After"
    assert [block["text"] for block in kept["document"]["blocks"]] == ["<ul><li>One</li></ul>"]
