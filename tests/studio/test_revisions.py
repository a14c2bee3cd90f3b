"""The page of an email's versions: who wrote what when, two of them side by side, and having one back."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from clinic.clock import database_now
from newsletter.content import drafts
from newsletter.content.models import EmailRevision, EmailTemplate
from newsletter.content.services import Wording
from newsletter.models import Campaign
from tests.factories import mail
from tests.factories.people import staff

HOSTILE = "</del><script>alert(1)</script>{{ 7|add:1 }}{% include 'x' %}\u202e"


def body(text: str) -> dict[str, Any]:
    return {"version": 2, "blocks": [{"id": "aaaaaaaa", "type": "text", "text": f"<p>{text}</p>"}]}


def write(email: EmailTemplate, text: str, by: User) -> None:
    draft = Wording(text, "", body(text))
    drafts.save(email, draft, version=EmailTemplate.objects.get(pk=email.pk).version, by=by, now=database_now())


@pytest.fixture
def email(owner: User) -> EmailTemplate:
    """Written by three people in turn."""
    found = mail.email(name="Opening", subject="Open at nine", body=body("Open at nine"))
    for text, by in (("Open at ten", owner), ("Closed at ten", staff(name="Maria")), ("Closed today", owner)):
        write(found, text, by)
    return found


def page(of: EmailTemplate) -> str:
    return reverse("studio:email_revisions", args=[of.pk])


def test_every_version_is_there_with_who_and_when_in_the_clinics_zone(studio: Client, email: EmailTemplate) -> None:
    shown = studio.get(page(email))

    assert [(entry.words.version, entry.who) for entry in shown.context["entries"]] == [
        (4, "Dana Reyes"),
        (3, "Maria"),
        (2, "Dana Reyes"),
        (1, ""),
    ]
    assert shown.text.count("EST") + shown.text.count("EDT") >= 4
    assert "as it began" in shown.text


def test_the_last_two_are_compared_until_somebody_chooses(studio: Client, email: EmailTemplate) -> None:
    first, chosen = studio.get(page(email)), studio.get(page(email), {"old": "4", "new": "1"})

    assert "From version 3 to version 4" in first.text
    assert "From version 1 to version 4" in chosen.text
    assert "[taken away:" in chosen.text
    assert ">Closed<" in chosen.text.replace("</span>Closed<", ">Closed<")


@pytest.mark.parametrize("asked", [{"old": "x"}, {"old": "99", "new": "1"}, {"old": "2", "new": "2"}, {"old": "\0"}])
def test_versions_that_are_not_there_break_nothing(asked: dict[str, str], studio: Client, email: EmailTemplate) -> None:
    assert studio.get(page(email), asked).status_code == 200


def test_an_email_that_nobody_has_changed_has_one_version(studio: Client, owner: User) -> None:
    shown = studio.get(page(mail.email()))

    assert [entry.words.version for entry in shown.context["entries"]] == [1]
    assert "the only version yet" in shown.text


def test_having_one_back_makes_a_new_version_of_it(studio: Client, email: EmailTemplate, owner: User) -> None:
    second = EmailRevision.objects.get(email=email, version=2)

    answer = studio.post(reverse("studio:revision_restore", args=[second.pk]), {"version": "4"}, follow=True)

    email.refresh_from_db()
    assert (email.version, email.subject, email.updated_by) == (5, "Open at ten", owner)
    assert "It says again what it said in version 2." in answer.text
    assert "as version 2" in answer.text


def test_whoever_saved_in_the_meantime_is_not_written_over(studio: Client, email: EmailTemplate) -> None:
    second = EmailRevision.objects.get(email=email, version=2)
    write(email, "Just now", staff(name="Tom"))

    answer = studio.post(reverse("studio:revision_restore", args=[second.pk]), {"version": "4"}, follow=True)

    email.refresh_from_db()
    assert (email.version, email.subject) == (5, "Just now")
    assert "Tom has saved it in the meantime" in answer.text


def test_of_a_campaign_that_is_scheduled_nothing_can_be_had_back(studio: Client, draft: Campaign, owner: User) -> None:
    write(draft.email, "Better", owner)
    Campaign.objects.filter(pk=draft.pk).update(status="scheduled", start_at=database_now())
    first = EmailRevision.objects.get(email=draft.email, version=1)

    shown = studio.get(page(draft.email))
    studio.post(reverse("studio:revision_restore", args=[first.pk]), {"version": "2"})

    assert "Have it back" not in shown.text
    assert EmailTemplate.objects.get(pk=draft.email_id).version == 2


@pytest.mark.parametrize("said", [{}, {"version": "x"}, {"version": "\u0661"}, {"version": "-1"}])
def test_who_does_not_say_what_they_saw_gets_nothing_back(
    said: dict[str, str], studio: Client, email: EmailTemplate
) -> None:
    second = EmailRevision.objects.get(email=email, version=2)

    assert studio.post(reverse("studio:revision_restore", args=[second.pk]), said).status_code == 404
    assert EmailTemplate.objects.get(pk=email.pk).version == 4


def test_hostile_words_and_names_are_only_shown(studio: Client, owner: User) -> None:
    email = mail.email(name=HOSTILE, subject=HOSTILE, body=body("x"))
    write(email, HOSTILE.replace("<", "&lt;"), staff(name=HOSTILE[:100]))

    shown = studio.get(page(email)).text

    assert "<script>alert" not in shown
    assert "{{ 7|add:1 }}" in shown


@pytest.mark.parametrize("count", [1, 4])
def test_the_page_asks_as_much_of_a_long_history_as_of_a_short_one(
    count: int, studio: Client, owner: User, django_assert_num_queries: Any
) -> None:
    email = mail.email(body=body("x"))
    for number in range(count):
        write(email, f"Text {number}", staff())

    with django_assert_num_queries(20):
        studio.get(page(email))
