"""Test mails from the composer: of every mail that it edits, by the real mail's way, and how it stands with them."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from clinic.clock import database_now
from newsletter.content import presets
from newsletter.content.models import EmailTemplate
from newsletter.content.presets import offered
from newsletter.models import Delivery, Outcome, Variant
from newsletter.rendering.preview import Preview
from tests.factories import clinics, stock
from tests.studio import post_office

TESTED = "A test mail of these words left: "
NEVER = "Nobody has had a test mail of these words."
KEYS = [preset.key for preset in presets.SHIPPED]


@pytest.fixture
def installed(owner: User) -> None:
    for weekday in range(7):
        clinics.hours(weekday)
    stock.mails(database_now())


def post(client: Client, name: str, pk: int, **said: Any) -> Any:
    return client.post(reverse(f"studio:{name}", args=[pk]), json.dumps(said), content_type="application/json")


def shown(studio: Client, email: EmailTemplate, **other: Any) -> dict[str, str]:
    """What the page says of the test mail of these words."""
    words = {"subject": email.subject, "preheader": email.preheader, "document": email.body}
    return post(studio, "email_preview", email.pk, **{**words, **other}).json()["tested"]


def has_left(email: EmailTemplate, state: int = 1) -> None:
    """What was asked for was handed over, or could not be."""
    revision = Variant.objects.get(email=email, label="test").current_id
    for delivery in Delivery.objects.filter(kind=8, owner=email.pk):
        Outcome.objects.get_or_create(
            delivery_id=delivery.pk, defaults={"at": database_now(), "state": state, "revision_id": revision}
        )


def test_every_mail_that_ships_can_be_tested(studio: Client, installed: None) -> None:
    """What a real one knows of its reader is made up, and no link of it confirms, invites or opens anything."""
    for email in EmailTemplate.objects.filter(key__in=KEYS):
        assert post(studio, "email_test", email.pk).status_code == 200, email.key

    mails = post_office.leaving()

    assert [address for address, _mail in mails] == ["dana@harbour.example"] * len(KEYS)
    for _address, mail in mails:
        assert not re.search("/confirm/|/studio/|slot.invalid|{{", mail.text + mail.html)
        assert Client().get(post_office.path_in(mail, "/v/")).status_code == 200


def the_test(studio: Client, key: str) -> Preview:
    post(studio, "email_test", EmailTemplate.objects.get(key=key).pk)
    [(_address, mail)] = post_office.leaving()
    return mail


def test_the_buttons_of_a_test_explain_themselves(studio: Client, installed: None) -> None:
    for key in ("confirmation", "password-reset", "staff-invitation"):
        page = Client().get(post_office.path_in(the_test(studio, key), "/from-a-test"))
        assert "This link came from a test mail" in page.text
    call = the_test(studio, "appointment-booked")
    assert "This link came from a test mail" in Client().get(post_office.path_in(call, "/a/")).text
    assert re.search(r"\w+day, \d+ \w+ at (noon|midnight|\d+).*\(Toronto time", call.text)
    assert "We call the number ending in 34." in call.text


def test_a_test_of_the_course_names_times_that_are_free(studio: Client, installed: None) -> None:
    invitation = the_test(studio, "course-16").text.partition("The next times for a call")[2]

    assert re.match(r"\s+\w+day, \d+ \w+ at (noon|midnight|\d+)", invitation)


def test_a_preset_that_was_tested_can_be_dropped(studio: Client, owner: User) -> None:
    email = offered.change("newsletter", now=database_now())
    assert post(studio, "email_test", email.pk).status_code == 200

    answer = studio.post(reverse("studio:preset_delete", args=[email.pk]))

    assert (answer.status_code, EmailTemplate.objects.filter(pk=email.pk).exists()) == (302, False)
    assert post_office.leaving() == []


def test_the_page_says_how_it_stands_with_the_test(studio: Client, installed: None) -> None:
    email = EmailTemplate.objects.get(key="confirmation")
    said = [shown(studio, email)]
    post(studio, "email_test", email.pk)
    said.append(shown(studio, email))
    has_left(email, state=3)
    said.append(shown(studio, email))
    post(studio, "email_test", email.pk)
    has_left(email)
    said.append(shown(studio, email))
    said.append(shown(studio, email, subject="Please say yes"))

    assert [one["standing"] for one in said] == ["never", "under_way", "failed", "had", "never"]
    assert said[0]["words"].startswith(NEVER)
    assert re.fullmatch(re.escape(TESTED) + r"\w{3} \d+ \w{3}, \d\d:\d\d E[SD]T\.", said[3]["words"])
    assert shown(studio, email, subject="{{ nobody }}")["words"] == ""


def test_what_was_tested_stays_so_when_the_letterhead_changes(studio: Client, installed: None) -> None:
    email = EmailTemplate.objects.get(key="confirmation")
    post(studio, "email_test", email.pk)
    has_left(email)
    clinics.clinic(name="Quayside Acupuncture")

    assert shown(studio, email)["standing"] == "had"


def test_a_slip_in_a_live_mail_can_be_put_right_without_a_test(studio: Client, installed: None) -> None:
    email = EmailTemplate.objects.get(key="confirmation")
    words = {"subject": "Please confirm your address", "preheader": email.preheader, "document": email.body}
    saved = post(studio, "email_save", email.pk, version=email.version, **words).json()

    answer = post(studio, "email_publish", email.pk, version=saved["version"])

    assert (answer.status_code, shown(studio, email, subject=words["subject"])["standing"]) == (200, "never")
    assert Variant.objects.get(email=email, label="A").current.subject == "Please confirm your address"


def test_the_list_of_mails_says_which_were_tested(studio: Client, installed: None) -> None:
    email = EmailTemplate.objects.get(key="confirmation")
    before = studio.get(reverse("studio:mails")).text
    post(studio, "email_test", email.pk)
    has_left(email)
    after = studio.get(reverse("studio:mails")).text
    EmailTemplate.objects.filter(pk=email.pk).update(version=email.version + 1)
    changed = studio.get(reverse("studio:mails")).text

    said = [page.count("no test mail of these words yet") for page in (before, after, changed)]
    assert said == [len(KEYS), len(KEYS) - 1, len(KEYS)]
