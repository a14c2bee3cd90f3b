import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from clinic.clock import database_now
from leads.models import ConsentRequest
from newsletter.campaigns import states
from newsletter.deliveries.standing import holds
from newsletter.models import Campaign, Heartbeat, Visit
from studio.queries import bookings, week
from tests.factories.bookings import appointment, goal
from tests.factories.mail import click, delivery, email, enrolment, notice, sequence, uncertain, variant
from tests.factories.people import consent, inquiry, lead

PAGE = reverse("studio:dashboard")


@pytest.fixture
def now(db: None) -> datetime:
    return database_now()


def counted(now: datetime) -> dict[str, tuple[int, int]]:
    return {str(stage.label): (stage.now, stage.before) for stage in week.stages(now)}


def test_each_stage_counts_the_last_seven_days_beside_the_seven_before(now: datetime) -> None:
    for days in (1, 2, 8, 15):
        at = now - timedelta(days=days)
        Visit.objects.create(page="article", at=at)
        one = lead()
        ConsentRequest.objects.create(
            lead=one, purpose="marketing", requested_at=at, expires_at=now, confirmed_at=at if days > 1 else None
        )
        click(delivery(one, state=1, at=at), at=at)
        click(delivery(one, state=2, at=at), at=at, label="scanner")
        goal(one, at=at)
        appointment(one, starts_at=at, state="attended")

    assert counted(now) == {
        "Visits": (2, 1),
        "Signed up": (2, 1),
        "Confirmed": (1, 1),
        "Mails submitted": (2, 1),
        "Clicked by a person": (2, 1),
        "Booked": (2, 1),
        "Attended": (2, 1),
    }


def test_a_booking_that_was_cancelled_is_not_counted(now: datetime) -> None:
    call = appointment(state="cancelled")
    goal(call.lead, appointment=call, at=now)

    assert counted(now)["Booked"] == (0, 0)


def test_the_longest_bar_is_whole_and_the_smallest_is_seen(now: datetime) -> None:
    Visit.objects.bulk_create(Visit(page="article", at=now) for _ in range(300))
    goal(lead(), at=now)

    shares = {str(stage.label): stage.share for stage in week.stages(now)}

    assert (shares["Visits"], shares["Booked"], shares["Attended"]) == (100, 2, 0)


def test_a_booking_names_the_mail_that_it_is_credited_to(now: datetime) -> None:
    one = lead()
    sent = delivery(one, state=1, variant_id=variant(email(subject="The nerve")).pk)
    goal(one, at=now, credited_delivery_id=sent.pk)
    goal(lead(), at=now - timedelta(hours=1))

    assert [booking.subject for booking in bookings.latest()] == ["The nerve", ""]


def test_what_needs_a_person_is_named_with_its_number(studio: Client, owner: User, now: datetime) -> None:
    inquiry()
    notice(lead())
    notice(lead(), handled_at=now, handled_by=owner)
    inquiry()
    appointment(starts_at=now - timedelta(days=1))
    uncertain(lead())
    holds.hold("A wrong date", by=owner, now=now)
    Heartbeat.objects.create(name="tick", at=now - timedelta(minutes=3))
    Heartbeat.objects.create(name="marketing", at=now - timedelta(minutes=1))

    text = studio.get(PAGE).text

    assert "5 things wait for a person." in text
    assert "2 questions wait for an answer" in text
    assert "1 person to look after: a sequence asks" in text
    assert "1 call: how did it go?" in text
    assert "1 mail may or may not have left" in text
    assert "Marketing mail is on hold" in text
    assert "“tick” was last seen working" in text
    assert "“marketing” was last seen working" not in text
    assert "Everything runs by itself." not in text


def test_when_nothing_needs_a_person_it_says_so(studio: Client) -> None:
    text = studio.get(PAGE).text

    assert ("Nothing waits for a person." in text, "Everything runs by itself." in text) == (True, True)


def test_a_scheduled_campaign_is_announced(studio: Client, now: datetime) -> None:
    Campaign.objects.create(name="Autumn letter", email=email(), status="scheduled", start_at=now + timedelta(hours=1))

    assert "Autumn letter" in studio.get(PAGE).text


def test_a_campaign_that_did_not_leave_and_one_that_is_paused_wait_for_somebody(
    studio: Client, owner: User, now: datetime
) -> None:
    late, taken_up, _paused = (
        Campaign.objects.create(name=name, email=email(), goes_at=now, status=status)
        for name, status in (("Late", "draft"), ("Taken up", "draft"), ("Resting", "paused"))
    )
    for one, act in ((late, "not_started"), (taken_up, "not_started"), (taken_up, "audience_chosen")):
        states.record(act, one, None)

    text = " ".join(re.sub("<[^>]*>", "", studio.get(PAGE).text).split())

    assert "Late should have left and did not: see why" in text
    assert "Taken up should have left" not in text
    assert "Resting is paused: what has not left waits for somebody" in text
    assert "Everything runs by itself." not in text


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_the_database_as_often_for_little_as_for_much(
    count: int, studio: Client, now: datetime, django_assert_num_queries
) -> None:
    version = sequence()
    for _ in range(count):
        one = consent(lead()).lead
        enrolment(one, version)
        goal(one, credited_delivery_id=delivery(one, state=1).pk)
        Campaign.objects.create(name="Letter", email=email(), status="scheduled", start_at=now)

    with django_assert_num_queries(52):
        studio.get(PAGE)
