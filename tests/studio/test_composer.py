"""The composer's page: what it begins with, for every kind of email, and whom it lets in."""

import json
import re
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from clinic.clock import database_now
from newsletter.content import blocks, documents
from newsletter.models import Campaign, EmailTemplate
from studio.queries import writing
from tests.factories import stock


def edit(email: EmailTemplate) -> str:
    return reverse("studio:email_edit", args=[email.pk])


def state(page: HttpResponse) -> dict[str, Any]:
    found = re.search(r'<script id="composer-state" type="application/json">(.*?)</script>', page.text, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_the_page_begins_with_what_is_saved(studio: Client, draft: Campaign) -> None:
    begun = state(studio.get(edit(draft.email)))

    assert (begun["subject"], begun["version"]) == (draft.email.subject, draft.email.version)
    assert begun["document"] == documents.upgrade(draft.email.body)


def test_every_kind_of_block_can_be_stamped_and_is_named(studio: Client, draft: Campaign) -> None:
    page = studio.get(edit(draft.email))

    stamped = re.findall(r'<template id="block-(\w+)">', page.text)
    fields = {kind: _fields_of(kind, page.text) for kind in stamped}
    named = re.findall(r'data-kind-name="(\w+)">\s*[^<\s]', page.text)
    assert stamped == named == list(blocks.KINDS)
    assert fields == {name: set(kind.fields) for name, kind in blocks.KINDS.items()}


def _fields_of(kind: str, page: str) -> set[str]:
    template = page.partition(f'<template id="block-{kind}">')[2].partition("</template>")[0]
    return set(re.findall(r'data-field="(\w+)"', template))


def test_a_campaign_that_has_left_is_not_written_any_more(studio: Client, draft: Campaign) -> None:
    Campaign.objects.filter(pk=draft.pk).update(status="finished")

    answer = studio.get(edit(draft.email))

    assert answer.headers["Location"] == reverse("studio:campaign", args=[draft.pk])


def test_mails_that_are_written_for_good_are_used_from_here_and_campaigns_are_reviewed(
    studio: Client, draft: Campaign
) -> None:
    stock.mails(database_now())
    confirmation = EmailTemplate.objects.get(key="confirmation")

    standing, campaign = studio.get(edit(confirmation)).text, studio.get(edit(draft.email)).text

    assert ('id="publish"' in standing, 'id="publish"' in campaign) == (True, False)
    assert reverse("studio:campaign_schedule", args=[draft.pk]) in campaign


def test_the_menu_offers_what_the_email_may_hold(studio: Client, draft: Campaign) -> None:
    stock.mails(database_now())
    confirmation = EmailTemplate.objects.get(key="confirmation")

    offered = {email.kind: state(studio.get(edit(email)))["fields"] for email in (draft.email, confirmation)}
    names = {kind: {field["name"] for field in found} for kind, found in offered.items()}
    assert names["campaign"] - names["transactional"] == {"first_name"}
    first = next(field for field in offered["campaign"] if field["name"] == "first_name")
    assert (first["mayBeEmpty"], first["fallback"]) == (True, "there")


def test_links_lead_only_where_the_email_may_lead(studio: Client, draft: Campaign) -> None:
    stock.mails(database_now())
    confirmation = EmailTemplate.objects.get(key="confirmation")

    assert "unsubscribe" in dict(writing.choices(draft.email))
    assert {"confirm"} == {"confirm", "unsubscribe"} & dict(writing.choices(confirmation)).keys()


def test_an_email_that_is_not_there_is_explained(studio: Client) -> None:
    assert studio.get(reverse("studio:email_edit", args=[4711])).status_code == 404


def test_what_staff_wrote_cannot_leave_the_pages_script_block(studio: Client, draft: Campaign) -> None:
    EmailTemplate.objects.filter(pk=draft.email_id).update(subject="</script><script>alert(1)</script>")

    page = studio.get(edit(draft.email))

    assert "<script>alert" not in page.text
    assert state(page)["subject"] == "</script><script>alert(1)</script>"
