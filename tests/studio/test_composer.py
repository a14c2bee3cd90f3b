"""The composer's page: what it begins with, for every kind of email, and whom it lets in."""

import json
import re
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from newsletter.content import blocks
from newsletter.models import Campaign, EmailTemplate


def edit(email: EmailTemplate) -> str:
    return reverse("studio:email_edit", args=[email.pk])


def state(page: HttpResponse) -> dict[str, Any]:
    found = re.search(r'<script id="composer-state" type="application/json">(.*?)</script>', page.text, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_the_page_begins_with_what_is_saved(studio: Client, draft: Campaign) -> None:
    begun = state(studio.get(edit(draft.email)))

    assert (begun["subject"], begun["version"]) == (draft.email.subject, draft.email.version)
    assert begun["document"] == draft.email.body


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
