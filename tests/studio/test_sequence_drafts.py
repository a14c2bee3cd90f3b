"""Drafts of sequences: deleted while nobody was ever in them, and open to several people at once."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, User
from clinic import queries as clinic
from clinic.clock import database_now
from newsletter.models import DraftPresence, EmailTemplate, Sequence
from newsletter.sequences import presence, presets, publishing, writing
from newsletter.sequences.writing import Act
from tests.factories import mail, people, stock
from tests.newsletter.sequences.plans import email, pause, plan


@pytest.fixture
def begun(owner: User) -> Sequence:
    letter = mail.email(kind="step")
    made = writing.begin("After the call", topic="course", by=owner, now=database_now())
    writing.keep(made, Act(plan(email(letter.pk)), made.draft_number), by=owner, now=database_now())
    return Sequence.objects.get(pk=made.pk)


def url(name: str, sequence: Sequence) -> str:
    return reverse(f"studio:{name}", args=[sequence.pk])


def test_a_draft_is_deleted_once_somebody_has_said_so_twice(studio: Client, begun: Sequence, owner: User) -> None:
    page = studio.get(url("sequence", begun))
    asked = studio.get(url("sequence_delete", begun))
    still_there = Sequence.objects.count()
    done = studio.post(url("sequence_delete", begun))

    assert url("sequence_delete", begun) in page.text
    assert "Delete the draft “After the call”?" in asked.text
    assert (still_there, Sequence.objects.count(), EmailTemplate.objects.count()) == (1, 0, 1)
    assert done.headers["Location"] == reverse("studio:sequences")
    record = AuditEvent.objects.get(act="sequence.discarded")
    assert (record.by, record.detail["name"], record.detail["steps"]) == (owner, "After the call", ["email"])


def test_what_was_ever_published_is_not_deleted(studio: Client, begun: Sequence, owner: User) -> None:
    number = writing.keep(begun, Act(plan(pause(1, days=1)), begun.draft_number), by=owner, now=database_now())
    publishing.publish(begun.pk, publishing.Choice(), seen=publishing.Seen(number), by=owner, now=database_now())

    answer = studio.post(url("sequence_delete", begun), follow=True)

    assert "It was published: it can be paused, not deleted." in answer.text
    assert url("sequence_delete", begun) not in answer.text
    assert Sequence.objects.filter(pk=begun.pk).exists()
    with pytest.raises(writing.Published):
        writing.discard(begun.pk, by=owner)


def test_a_shipped_draft_that_was_deleted_does_not_come_back(studio: Client) -> None:
    stock.sequences(database_now())
    studio.post(url("sequence_delete", Sequence.objects.get(key="missed-call")))

    stock.sequences(database_now())

    assert not Sequence.objects.filter(key="missed-call").exists()
    assert "missed-call" in {offer.key for offer in presets.offered()}


def test_who_else_has_it_open_is_said_and_since_when(studio: Client, begun: Sequence, owner: User) -> None:
    sam, now = people.staff(name="Sam Okoye"), database_now()
    presence.note(begun, who=sam, now=now - timedelta(seconds=50))
    presence.note(begun, who=sam, now=now - timedelta(seconds=30))
    presence.note(begun, who=sam, now=now - timedelta(seconds=5))
    since = (now - timedelta(seconds=50)).astimezone(clinic.zone())

    said = studio.post(url("sequence_here", begun)).json()["others"]

    assert said == f"Sam Okoye has this open since {since:%H:%M} {since.tzname()}."
    assert said in studio.get(url("sequence_edit", begun)).text
    assert presence.others(begun, than=sam, now=now)[0].name == owner.name


def test_who_was_away_is_there_anew_and_who_left_is_not_there(studio: Client, begun: Sequence) -> None:
    sam, now = people.staff(name="Sam Okoye"), database_now()
    presence.note(begun, who=sam, now=now - timedelta(minutes=9))

    assert studio.post(url("sequence_here", begun)).json() == {"others": ""}
    presence.note(begun, who=sam, now=now)
    assert DraftPresence.objects.get(who=sam).since == now


def test_whatever_somebody_does_there_shows_that_they_are_there_and_looking_does_not(
    studio: Client, begun: Sequence, owner: User
) -> None:
    studio.get(url("sequence_edit", begun))
    before = DraftPresence.objects.count()

    studio.post(url("sequence_act", begun), {"act": "undo", "number": begun.draft_number})

    assert (before, DraftPresence.objects.filter(who=owner).count()) == (0, 1)
    assert studio.get(url("sequence_here", begun)).status_code == 405
