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
from tests.newsletter.sequences.plans import email, plan
from tests.newsletter.sequences.ways import publish, segment, sequence


@pytest.fixture
def knee(studio: Client) -> Sequence:
    return sequence(email(1, 1))


def press(studio: Client, of: Sequence, button: str, **chosen: object):
    return studio.post(reverse("studio:sequence_begin", args=[of.pk]), {button: "", **chosen})


def look(studio: Client, of: Sequence, **chosen: object) -> dict[str, object]:
    """What the page with the button carries once somebody has looked at these people."""
    shown = press(studio, of, "look", **chosen).context["look"].shown
    return {"mark": shown.mark, "would": shown.would}


def who_began() -> list[int]:
    return list(Enrolment.objects.order_by("lead").values_list("lead", flat=True))


def tagged() -> tuple[Segment, list[Lead]]:
    leads = [people.consent().lead for _ in range(2)] + [people.lead()]
    tag(*leads)
    return segment("knee"), leads


def tag(*leads: Lead) -> None:
    for lead in leads:
        tags.add(lead, name="knee", by=None, now=database_now())


def test_looking_says_who_would_come_in_and_begins_nothing(studio: Client, knee: Sequence) -> None:
    chosen, _leads = tagged()

    page = press(studio, knee, "look", segment=chosen.pk).text

    assert "They are 3 people," in page
    assert "Begin for 2 people" in page
    assert Enrolment.objects.count() == 0


def test_looking_says_when_the_first_mail_goes(studio: Client) -> None:
    of = sequence(email(1))
    chosen, [ada, *_others] = tagged()

    of_one = press(studio, of, "look", address=ada.email)
    of_many = press(studio, of, "look", segment=chosen.pk)

    assert "The first mail goes:" in of_one.text
    assert of_one.context["look"].first_at >= of_one.context["now"]
    assert "The first mail, too, goes in the hours of this sequence" in of_many.text


def test_a_second_press_begins_for_everybody_in_the_segment_who_may(studio: Client, knee: Sequence) -> None:
    chosen, leads = tagged()

    press(studio, knee, "begin", segment=chosen.pk, **look(studio, knee, segment=chosen.pk))

    assert who_began() == [lead.pk for lead in leads[:2]]
    assert list(AuditEvent.objects.filter(act="sequence.begun").values_list("detail", flat=True)) == [
        {"asked": 3, "people": 2}
    ]


def test_what_was_looked_at_begins_for_nobody_else(studio: Client, knee: Sequence) -> None:
    chosen, leads = tagged()
    ada = people.consent(people.lead("ada@mail.example")).lead
    seen_ada = look(studio, knee, address=ada.email)
    seen_segment = look(studio, knee, segment=chosen.pk)

    for_others = press(studio, knee, "begin", segment=chosen.pk, **seen_ada)
    for_ada = press(studio, knee, "begin", address=ada.email, **seen_segment)

    assert who_began() == []
    assert [answer.status_code for answer in (for_others, for_ada)] == [409, 409]
    assert "Begin for 2 people" in for_others.text
    shown = for_others.context["look"].shown
    press(studio, knee, "begin", segment=chosen.pk, mark=shown.mark, would=shown.would)
    assert who_began() == [lead.pk for lead in leads[:2]]


@pytest.mark.parametrize("seen", [{}, {"mark": "", "would": "2"}, {"mark": "0" * 12, "would": "x"}])
def test_who_was_never_looked_at_does_not_begin(studio: Client, knee: Sequence, seen: dict[str, str]) -> None:
    chosen, _leads = tagged()

    page = press(studio, knee, "begin", segment=chosen.pk, **seen)

    assert (page.status_code, who_began()) == (409, [])
    assert "Look first who comes in." in page.text


def test_another_segment_of_the_same_people_or_a_new_version_is_looked_at_first(studio: Client, knee: Sequence) -> None:
    chosen, _leads = tagged()
    seen = look(studio, knee, segment=chosen.pk)
    Segment.objects.filter(pk=chosen.pk).update(match="all")
    changed = press(studio, knee, "begin", segment=chosen.pk, **seen)
    seen = look(studio, knee, segment=chosen.pk)
    publish(knee, plan(email(1, 1), email(2, 1)))

    published = press(studio, knee, "begin", segment=chosen.pk, **seen)

    assert [answer.context["changes"] for answer in (changed, published)] == [
        ["Whom it begins for, or the plan, was changed after you looked."]
    ] * 2
    assert who_began() == []


def test_two_more_than_were_looked_at_are_no_news_and_three_are(studio: Client, knee: Sequence) -> None:
    chosen, _leads = tagged()
    seen = look(studio, knee, segment=chosen.pk)
    tag(*(people.consent().lead for _ in range(3)))

    three_more = press(studio, knee, "begin", segment=chosen.pk, **seen)
    two_more = press(studio, knee, "begin", segment=chosen.pk, **{**seen, "would": 3})

    assert three_more.context["changes"] == ["It would now begin for 5 people; you looked at 2."]
    assert (two_more.status_code, len(who_began())) == (302, 5)


def test_one_person_is_named_by_their_address(studio: Client, knee: Sequence) -> None:
    lead = people.consent(people.lead("ada@mail.example")).lead

    press(studio, knee, "begin", address=" Ada@mail.example ", **look(studio, knee, address="ada@mail.example"))
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
