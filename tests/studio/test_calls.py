from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from clinic.clock import database_now
from leads.models import Inquiry, Lead
from studio.queries.calls import hesitant
from tests.factories.bookings import goal
from tests.factories.mail import click, delivery
from tests.factories.people import consent, inquiry, lead

CALLS = reverse("studio:calls")
HTMX = {"HX-Request": "true"}


def clicked(days_ago: float, **fields: object) -> Lead:
    """Somebody who agreed and clicked towards a booking that long ago."""
    one = consent(lead()).lead
    click(delivery(one, state=1), at=database_now() - timedelta(days=days_ago), **fields)
    return one


def nearly_booked() -> list[Lead]:
    return [one.lead for one in hesitant(now=database_now())]


def test_who_has_waited_longest_comes_first(studio: Client) -> None:
    now = database_now()
    late, early = inquiry(received_at=now), inquiry(received_at=now - timedelta(days=1))
    inquiry(handled_at=now, outcome="answered")

    page = studio.get(CALLS)

    assert page.context["inquiries"] == [early, late]
    assert 'href="tel:+14165550123"' in page.text


def test_without_a_number_there_is_an_address(studio: Client) -> None:
    inquiry(lead("ada@mail.example", phone=""), phone="")

    assert 'href="mailto:ada@mail.example"' in studio.get(CALLS).text


@pytest.mark.parametrize("outcome", ["answered", "booked", "no_answer", "not_suitable"])
def test_one_click_says_how_it_ended(outcome: str, studio: Client, owner: User) -> None:
    question = inquiry()

    answer = studio.post(reverse("studio:call_handle", args=[question.pk, outcome]))

    question.refresh_from_db()
    assert answer.headers["Location"] == CALLS
    assert (question.outcome, question.handled_by) == (outcome, owner)


def test_with_a_browsers_help_only_the_line_changes_and_offers_to_undo(studio: Client) -> None:
    question = inquiry()

    done = studio.post(reverse("studio:call_handle", args=[question.pk, "answered"]), headers=HTMX)
    undone = studio.post(reverse("studio:call_reopen", args=[question.pk]), headers=HTMX)

    assert done.text.startswith("<li")
    assert "Undo" in done.text
    assert "Could not be reached" in undone.text
    assert Inquiry.objects.get(pk=question.pk).handled_at is None


def test_an_unknown_ending_changes_nothing(studio: Client) -> None:
    question = inquiry()

    studio.post(reverse("studio:call_handle", args=[question.pk, "vanished"]))

    assert Inquiry.objects.get(pk=question.pk).handled_at is None


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_the_database_as_often_for_one_as_for_many(
    count: int, studio: Client, owner: User, django_assert_num_queries
) -> None:
    for _ in range(count):
        inquiry()
        inquiry(handled_at=database_now(), handled_by=owner, outcome="answered")
        clicked(8)

    with django_assert_num_queries(13):
        studio.get(CALLS)


def test_an_empty_list_teaches(studio: Client) -> None:
    assert "Nothing to call back about" in studio.get(CALLS).text


@pytest.mark.django_db
def test_nearly_booked_is_who_clicked_seven_days_ago_or_more_and_thirty_at_most() -> None:
    clicked(6.9)
    week, month = clicked(7.1), clicked(29)
    clicked(31)

    assert nearly_booked() == [month, week]


@pytest.mark.django_db
def test_only_a_persons_click_towards_a_booking_counts() -> None:
    clicked(8, label="scanner")
    clicked(8, goal="ask")

    assert nearly_booked() == []


@pytest.mark.django_db
def test_who_booked_left_or_is_a_patient_is_not_called() -> None:
    goal(clicked(8))
    left = clicked(8)
    left.consents.update(withdrawn_at=database_now(), withdrawn_how="unsubscribe page")
    patient = clicked(8)
    Lead.objects.filter(pk=patient.pk).update(status="patient")

    assert nearly_booked() == []


@pytest.mark.django_db
def test_a_newer_click_begins_the_seven_days_anew() -> None:
    one = clicked(20)
    click(delivery(one, state=1), at=database_now() - timedelta(days=1))

    assert nearly_booked() == []


def test_the_count_at_the_top_changes_with_the_line(studio: Client) -> None:
    first, _second = inquiry(), inquiry()

    answer = studio.post(reverse("studio:call_handle", args=[first.pk, "answered"]), headers=HTMX)

    assert 'id="waiting" hx-swap-oob="true"' in answer.text
    assert "One person waits" in answer.text
