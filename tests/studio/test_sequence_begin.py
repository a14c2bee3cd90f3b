"""Beginning a sequence by hand: looked at first, then begun by a second press."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent
from clinic.clock import database_now
from leads.models import Lead, Segment
from leads.tags import services as tags
from newsletter.models import Enrolment, Sequence
from tests.factories import people
from tests.newsletter.sequences.plans import email
from tests.newsletter.sequences.ways import segment, sequence


@pytest.fixture
def knee(studio: Client) -> Sequence:
    return sequence(email(1, 1))


def press(studio: Client, of: Sequence, button: str, **chosen: object):
    return studio.post(reverse("studio:sequence_begin", args=[of.pk]), {button: "", **chosen})


def tagged(*names: str) -> tuple[Segment, list[Lead]]:
    leads = [people.consent().lead for _ in range(2)] + [people.lead()]
    for lead in leads:
        tags.add(lead, name="knee", by=None, now=database_now())
    return segment("knee"), leads


def test_looking_says_who_would_come_in_and_begins_nothing(studio: Client, knee: Sequence) -> None:
    chosen, _leads = tagged()

    page = press(studio, knee, "look", segment=chosen.pk).text

    assert "They are 3 people," in page
    assert "Begin for 2 people" in page
    assert Enrolment.objects.count() == 0


def test_a_second_press_begins_for_everybody_in_the_segment_who_may(studio: Client, knee: Sequence) -> None:
    chosen, leads = tagged()

    press(studio, knee, "begin", segment=chosen.pk)

    begun = list(Enrolment.objects.order_by("lead").values_list("lead", flat=True))
    assert begun == [lead.pk for lead in leads[:2]]
    assert list(AuditEvent.objects.filter(act="sequence.begun").values_list("detail", flat=True)) == [
        {"asked": 3, "people": 2}
    ]


def test_one_person_is_named_by_their_address(studio: Client, knee: Sequence) -> None:
    lead = people.consent(people.lead("ada@mail.example")).lead

    press(studio, knee, "begin", address=" Ada@mail.example ")
    again = press(studio, knee, "look", address="ada@mail.example").text

    assert [way.lead for way in Enrolment.objects.all()] == [lead]
    assert "It is 1 person, and 0 of them may come in now." in " ".join(again.split())
    assert 'name="begin"' not in again


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({}, "Choose one person or one segment."),
        ({"address": "nobody@mail.example"}, "We know nobody by this address."),
        ({"address": "nobody"}, "This is no email address."),
    ],
)
def test_what_names_nobody_is_said_and_begins_nothing(
    studio: Client, knee: Sequence, chosen: dict[str, str], said: str
) -> None:
    page = press(studio, knee, "begin", **chosen).text

    assert said in page
    assert Enrolment.objects.count() == 0


def test_what_is_not_published_cannot_begin(studio: Client, knee: Sequence) -> None:
    Sequence.objects.filter(pk=knee.pk).update(state="draft")

    assert studio.get(reverse("studio:sequence_begin", args=[knee.pk])).status_code == 404
