"""Trying a sequence in the studio: the calendar in words with its reasons, and that looking changes nothing."""

import html
import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse

from accounts.models import User
from clinic.clock import database_now
from clinic.models import DayOff
from leads.tags import services as tags
from newsletter.content import services as content
from newsletter.content.models import EmailKind
from newsletter.content.services import Wording
from newsletter.models import Delivery, EmailTemplate, Enrolment, Sequence, Variant
from newsletter.sequences import publishing
from newsletter.sequences.future.happenings import STUCK
from newsletter.sequences.future.script import Act
from newsletter.sequences.future.why import Why
from newsletter.sequences.plan.document import write
from studio.forms.sequence_future import ACTS
from studio.queries import foreseen_words
from tests.factories import mail, people, stock
from tests.newsletter.campaigns.letters import GOOD
from tests.newsletter.sequences import ways
from tests.newsletter.sequences.course import publish
from tests.newsletter.sequences.plans import email, hand_over, plan, split, until_clicked

BEGINS = "2027-01-05T10:00"


@pytest.fixture
def course(owner: User) -> Sequence:
    stock.sequences(database_now())
    return Sequence.objects.select_related("published").get(key="sciatica")


@pytest.fixture
def letters(course: Sequence) -> list[int]:
    found = publishing.as_published(course.published).emails
    return [step.email for step in found if step.email is not None]


def drafted(course: Sequence, *steps) -> Sequence:
    """A sequence of its own with these steps as its draft."""
    return Sequence.objects.create(key="other", name="Other", state="draft", draft=write(plan(*steps)))


def tried(studio: Client, sequence: Sequence, **said) -> list[tuple[str, str, str]]:
    page = studio.get(reverse("studio:sequence_try", args=[sequence.pk]), {"begins": BEGINS, **said})
    assert page.status_code == 200
    return [(entry.kind, f"{entry.at:%a %d %H:%M}", entry.words) for entry in page.context["found"].entries]


def test_the_course_is_shown_day_by_day_and_nothing_is_written(studio: Client, course: Sequence) -> None:
    entries = tried(studio, course)

    assert [(kind, at) for kind, at, _words in entries[:2]] == [("mail", "Tue 05 10:00"), ("mail", "Thu 07 10:00")]
    assert entries[-1][0] == "end"
    assert (Enrolment.objects.count(), Delivery.objects.count()) == (0, 0)


def test_a_click_leads_into_the_branch(studio: Client, course: Sequence, letters: list[int]) -> None:
    steps = (email(1), until_clicked(2, 3, yes=(email(3, days=1),), no=(email(4),)))
    sequence = drafted(course, *(replaced(step, letters) for step in steps))

    clicks = {"act_1": "clicked", "after_1": "1", "delay_1": "120"}
    clicked, quiet = tried(studio, sequence, **clicks), tried(studio, sequence)

    assert [(kind, at) for kind, at, _words in clicked] == [
        ("mail", "Tue 05 10:00"),
        ("deed", "Tue 05 12:00"),
        ("yes", "Tue 05 12:00"),
        ("mail", "Wed 06 12:00"),
        ("end", "Wed 06 12:00"),
    ]
    assert [(kind, at) for kind, at, _words in quiet if kind == "mail"] == [
        ("mail", "Tue 05 10:00"),
        ("mail", "Fri 08 10:00"),
    ]


def test_every_reason_is_said_and_a_day_off_by_its_name(studio: Client, course: Sequence, letters: list[int]) -> None:
    DayOff.objects.create(on=date(2027, 1, 7), label="Family Day")
    sequence = drafted(course, *(replaced(step, letters) for step in (email(1), email(2, days=2))))

    page = studio.get(reverse("studio:sequence_try", args=[sequence.pk]), {"begins": BEGINS})

    assert page.context["found"].entries[1].reasons == [
        "It waits: 2 days later (Thu 7 Jan, 10:00)",
        "Days off: Family Day (Thu 7 Jan) (Fri 8 Jan, 09:00)",
    ]
    assert "Family Day" in page.text


def test_somebody_made_up_is_as_they_are_described(studio: Client, course: Sequence, letters: list[int]) -> None:
    steps = (split(1, "knee", yes=(email(2),), no=(email(3),)),)
    sequence = drafted(course, *(replaced(step, letters) for step in steps))

    said = tried(studio, sequence, holds="tagged:knee", zone="Europe/London")

    assert [(kind, at) for kind, at, _words in said] == [
        ("yes", "Tue 05 15:00"),
        ("mail", "Tue 05 15:00"),
        ("end", "Tue 05 15:00"),
    ]


def test_a_real_lead_is_tried_as_they_are(studio: Client, course: Sequence, letters: list[int]) -> None:
    lead = people.lead("grace@mail.example", time_zone="Europe/London")
    tags.add(lead, name="knee", by=None, now=database_now())
    steps = (split(1, "knee", yes=(email(2),), no=(email(3),)),)
    sequence = drafted(course, *(replaced(step, letters) for step in steps))

    assert tried(studio, sequence, lead="grace@mail.example")[0][:2] == ("yes", "Tue 05 15:00")


def test_a_lead_in_the_middle_of_it_goes_on_from_where_they_stand(studio: Client, course: Sequence) -> None:
    lead, now = people.lead("ada@mail.example"), database_now()
    other = Sequence.objects.create(key="other", name="Other")
    version = publish(other, {1: 0, 2: 2})
    mail.enrolment(lead, version, next_position=1, since=now, due_at=now + timedelta(days=9))

    page = studio.get(reverse("studio:sequence_try", args=[other.pk]), {"lead": "ada@mail.example"})

    assert page.context["is_inside"]
    assert [entry.kind for entry in page.context["found"].entries] == ["mail", "end"]
    assert Enrolment.objects.get(lead=lead).next_position == 1
    said = "It is paused: this is as if it went on now."
    assert said not in page.text
    Sequence.objects.filter(pk=other.pk).update(state="paused")
    assert said in studio.get(reverse("studio:sequence_try", args=[other.pk]), {"lead": "ada@mail.example"}).text


def test_a_lead_who_would_not_begin_is_told_why_and_can_be_tried_all_the_same(
    studio: Client, course: Sequence, letters: list[int]
) -> None:
    people.lead("grace@mail.example", status="patient")
    sequence = drafted(course, *(replaced(step, letters) for step in (email(1),)))
    knee = {"name": "tagged", "value": "knee", "not": False}
    Sequence.objects.filter(pk=sequence.pk).update(draft=write(replace(publishing.draft(sequence), entry=(knee,))))

    page = studio.get(reverse("studio:sequence_try", args=[sequence.pk]), {"lead": "grace@mail.example"})

    assert page.context["hurdles"] == [
        "they are a patient",
        "they did not agree to be mailed, or do not any more",
        "an entry condition does not hold: only for people tagged “knee”",
    ]
    assert "Now they would not begin it" in page.text
    assert "only for people tagged" in page.text


def test_a_sequence_that_it_hands_over_to_is_part_of_the_calendar(
    studio: Client, course: Sequence, letters: list[int]
) -> None:
    other = ways.sequence(
        *(replaced(one, letters) for one in (email(1), split(2, "hip", yes=(email(3, 1),)))), key="on"
    )
    sequence = drafted(course, *(replaced(step, letters) for step in (email(1), hand_over(2, other.pk))))

    page = studio.get(reverse("studio:sequence_try", args=[sequence.pk]), {"begins": BEGINS, "holds": "tagged:hip"})

    entries = page.context["found"].entries
    assert [(one.kind, f"{one.at:%d %H:%M}", one.of) for one in entries] == [
        ("mail", "05 10:00", ""),
        ("handover", "05 10:00", ""),
        ("end", "05 10:00", ""),
        ("mail", "05 10:00", "on"),
        ("yes", "05 10:00", "on"),
        ("mail", "06 10:00", "on"),
        ("end", "06 10:00", "on"),
    ]
    assert page.context["found"].mails == 3
    assert "(in “on”)" in page.text
    Sequence.objects.filter(pk=other.pk).update(state="paused")
    page = studio.get(reverse("studio:sequence_try", args=[sequence.pk]), {"begins": BEGINS})
    assert "they wait in it until it is resumed" in page.text


def test_what_cannot_be_read_is_said_beside_the_field(studio: Client, course: Sequence) -> None:
    page = studio.get(reverse("studio:sequence_try", args=[course.pk]), {"lead": "nobody@nowhere.example"})

    assert "Nobody is called that" in page.text
    assert "found" not in page.context


def test_of_several_people_of_one_name_it_is_asked_which(studio: Client, course: Sequence) -> None:
    one, other = (people.lead(f"ada{n}@mail.example", first_name="Ada", last_name="Byron") for n in (1, 2))
    address = reverse("studio:sequence_try", args=[course.pk])

    asked = studio.get(address, {"begins": BEGINS, "lead": "Ada"})
    links = re.findall(r'href="([^"]*lead=ada[^"]*)"', html.unescape(asked.text))

    assert "found" not in asked.context
    assert "Several people fit that. Choose below which one you mean." in asked.text
    assert [studio.get(address + link).context["lead"] for link in links] == [other, one]


def test_each_mail_opens_in_a_frame_as_its_reader_gets_it(studio: Client, course: Sequence, letters: list[int]) -> None:
    lead = people.lead(first_name="Grace")

    framed = studio.get(reverse("studio:sequence_try_letter", args=[course.pk, letters[0]]), {"lead": lead.pk})

    assert (framed.status_code, framed["X-Frame-Options"]) == (200, "SAMEORIGIN")
    assert "Grace" in framed.text


def test_what_is_read_is_what_leaves_and_that_other_words_are_saved_is_said(
    studio: Client, course: Sequence, letters: list[int]
) -> None:
    leaves = Variant.objects.get(email=letters[0]).current.subject
    EmailTemplate.objects.filter(pk=letters[0]).update(subject="Half a sente", version=F("version") + 1)
    letter = reverse("studio:sequence_try_letter", args=[course.pk, letters[0]])

    page = studio.get(reverse("studio:sequence_try", args=[course.pk]), {"begins": BEGINS})

    mails = [entry for entry in page.context["found"].entries if entry.email]
    assert [entry.is_newer for entry in mails[:2]] == [True, False]
    assert (mails[0].words, page.text.count("Other words of it are saved")) == (leaves, 1)
    assert page.context["form"].fields["after_1"].choices[1][1] == leaves
    assert leaves in html.unescape(studio.get(letter).text)
    assert "Half a sente" not in page.text + studio.get(letter).text


def test_a_mail_that_never_went_out_is_read_as_it_is_saved(studio: Client, course: Sequence) -> None:
    words = Wording("A quiet beginning", GOOD.preheader, GOOD.body)
    new = content.create(words, kind=EmailKind.STEP, name="New", topic="course", now=database_now())
    sequence = drafted(course, replace(email(1), email=new.pk))

    letter = studio.get(reverse("studio:sequence_try_letter", args=[sequence.pk, new.pk]))

    assert "A quiet beginning" in html.unescape(letter.text)
    assert tried(studio, sequence)[0][2] == "A quiet beginning"


def test_there_are_words_for_everything_that_can_be_foreseen() -> None:
    assert set(foreseen_words.REASONS) == set(Why)
    assert set(foreseen_words.DEEDS) == set(Act) == {Act(value) for value, _label in ACTS if value}
    assert set(foreseen_words.ENDS) >= {
        STUCK,
        "finished",
        "booked",
        "attended",
        "replied",
        "clicked",
        "tag",
        "unsubscribed",
    }


def replaced(step, letters: list[int]):
    """The same step with mails that are there."""
    branches = {name: tuple(replaced(one, letters) for one in getattr(step, name)) for name in ("yes", "no")}
    return replace(step, email=letters[0] if step.email else None, **branches)
