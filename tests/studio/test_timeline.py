from datetime import datetime, timedelta

import pytest

from accounts.models import User
from clinic.clock import database_now
from leads.models import ConsentRequest, Lead
from newsletter.models import Outcome
from studio.queries import timeline
from tests.factories.bookings import appointment, goal
from tests.factories.mail import click, delivery, email, enrolment, fact, notice, uncertain, variant
from tests.factories.people import consent, inquiry, lead, note, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    return database_now()


@pytest.fixture
def ada(now: datetime) -> Lead:
    return lead("ada@mail.example", created_at=now - timedelta(days=30), first_page="/sciatica")


def story(one: Lead) -> list[tuple[str, str, str]]:
    """The entries, the oldest first, as what, detail and badge."""
    return [(entry.what, entry.detail, str(entry.badge)) for entry in reversed(timeline.of(one))]


def test_it_begins_where_they_were_first_heard_of(ada: Lead) -> None:
    [entry] = timeline.of(ada)

    assert (entry.what, entry.detail, entry.mark) == ("First heard of", "Sign-up form /sciatica", "start")


def test_every_room_adds_its_part_in_the_order_of_time(ada: Lead, now: datetime) -> None:
    def ago(days: int) -> datetime:
        return now - timedelta(days=days)

    robin: User = staff(name="Robin")
    letter = variant(email(subject="The nerve"))
    ConsentRequest.objects.create(
        lead=ada, purpose="marketing", page="/", requested_at=ago(29), expires_at=ago(22), confirmed_at=ago(28)
    )
    consent(ada, granted_at=ago(28))
    way = enrolment(ada, enrolled_at=ago(27), state="exited", ended_at=ago(20), exit_reason="booked")
    sent = delivery(ada, kind=2, owner=way.pk, state=1, at=ago(26), variant_id=letter.pk)
    fact(sent, "delivered", at=ago(25))
    click(sent, at=ago(24))
    fact(sent, "booked", at=ago(20))
    goal(ada, at=ago(20) + timedelta(minutes=1), credited_delivery_id=sent.pk)
    inquiry(ada, received_at=ago(19), handled_at=ago(18), handled_by=robin, outcome="answered")
    note(ada, robin, "Nice talk")
    appointment(ada, starts_at=ago(17), changed_at=ago(16), state="attended")

    assert [entry[0] for entry in story(ada)] == [
        "First heard of",
        "Asked for the emails",
        "Agreed",
        "Began “The sciatica course”",
        "The nerve",
        "Delivered",
        "Clicked a link",
        "“The sciatica course” ended",
        "Booked",
        "Asked a question",
        "Question dealt with",
        "Call",
        "Note",
    ]
    assert ("Booked", "Credited to “The nerve”", "Free call") in story(ada)
    assert ("The nerve", "The sciatica course", "Submitted") in story(ada)
    assert ("Clicked a link", "The nerve · acted in its session", "A person") in story(ada)
    assert ("Call", "", "Attended") in story(ada)


def test_what_a_sequence_asked_a_person_to_do_stands_with_who_did_it(ada: Lead, now: datetime) -> None:
    way, robin = enrolment(ada, enrolled_at=now - timedelta(days=3)), staff(name="Robin")
    notice(ada, enrolment=way, at=now - timedelta(days=2), handled_at=now - timedelta(days=1), handled_by=robin)
    notice(ada, enrolment=way, key=3, text="Call.", at=now)

    assert story(ada)[-3:] == [
        ("“The sciatica course” asked for a person", "Ask how the walk was.", ""),
        ("Done, as “The sciatica course” had asked", "Ask how the walk was.", "Done"),
        ("“The sciatica course” asked for a person", "Call.", ""),
    ]
    assert [entry.by for entry in timeline.of(ada)][:3] == [None, robin, None]


def test_what_happened_in_one_moment_begins_with_the_beginning(ada: Lead, now: datetime) -> None:
    Lead.objects.filter(pk=ada.pk).update(created_at=now)
    ada.refresh_from_db()
    consent(ada, granted_at=now)
    enrolment(ada, enrolled_at=now)

    assert [entry[0] for entry in story(ada)] == ["First heard of", "Agreed", "Began “The sciatica course”"]


def test_a_delivery_says_where_it_stands_in_the_glossarys_words(ada: Lead) -> None:
    letter = variant(email(subject="The nerve"))
    delivery(ada, variant_id=letter.pk)
    delivery(ada, variant_id=letter.pk, state=2)
    uncertain(ada, variant_id=letter.pk)

    words = {badge for what, _, badge in story(ada) if what == "The nerve"}

    assert words == {"Planned", "Refused by our own check", "Uncertain"}


def test_nobody_elses_story_is_told(ada: Lead) -> None:
    other = lead("grace@mail.example")
    consent(other)
    click(delivery(other, state=1))
    inquiry(other)
    notice(other)

    assert [entry[0] for entry in story(ada)] == ["First heard of"]


def test_a_mail_that_waited_too_long_is_told_as_the_gap_that_it_is(ada: Lead, now: datetime) -> None:
    way = enrolment(ada, enrolled_at=now - timedelta(days=20))
    letter = variant(email(subject="The nerve"))
    late = delivery(ada, kind=2, owner=way.pk, state=4, at=now, variant_id=letter.pk)
    Outcome.objects.filter(pk=late.pk).update(reason="too late to be useful")

    [(what, detail, _badge)] = [entry for entry in story(ada) if entry[2] == "Expired"]
    gap = "it was too late to be useful; what comes after it comes without it"
    assert (what, detail.endswith(gap)) == ("The nerve", True)
