"""Rows of an earlier release are brought to the current version where they lie."""

from importlib import import_module

import pytest
from django.apps import apps

from clinic.clock import database_now
from newsletter.content import blocks, documents, queries, services
from newsletter.content.models import EmailKind, EmailTemplate
from newsletter.content.services import Wording
from tests.newsletter.content.emails import harbour

FIRST = {"version": 1, "blocks": [{"type": "text", "text": "Hello {{ first_name|there }},\n\n- **one**"}]}
migration = import_module("newsletter.migrations.0013_block_documents")


@pytest.fixture
def old(db: None) -> EmailTemplate:
    harbour().save()
    template = services.create(Wording("Old", "", {}), kind=EmailKind.CAMPAIGN, name="Old", now=database_now())
    EmailTemplate.objects.filter(pk=template.pk).update(body=FIRST)
    return template


def test_a_stored_document_of_the_first_version_becomes_the_second(old: EmailTemplate) -> None:
    migration.upgrade(apps, None)

    old.refresh_from_db()
    assert old.body == documents.upgrade(FIRST)
    assert blocks.validate(old.body) == []


def test_doing_it_again_changes_nothing(old: EmailTemplate) -> None:
    migration.upgrade(apps, None)
    once = EmailTemplate.objects.get(pk=old.pk).body

    migration.upgrade(apps, None)

    assert EmailTemplate.objects.get(pk=old.pk).body == once


def test_what_goes_out_says_the_same_before_and_after(old: EmailTemplate) -> None:
    before = queries.compiled(EmailTemplate.objects.get(pk=old.pk))

    migration.upgrade(apps, None)

    assert queries.compiled(EmailTemplate.objects.get(pk=old.pk)).text == before.text
