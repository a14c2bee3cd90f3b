import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from clinic.clock import database_now
from leads.models import Inquiry, Lead
from leads.privacy import services as privacy
from newsletter.sequences import notices
from newsletter.sequences.plan.document import Step, StepKind
from studio.queries.calls import hesitant
from tests.factories.bookings import goal
from tests.factories.mail import click, delivery, enrolment, notice
from tests.factories.people import consent, inquiry, lead, staff
from tests.newsletter.sequences import ways
from tests.newsletter.sequences.plans import email

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
        notice(lead())
        notice(lead(), handled_at=database_now(), handled_by=owner)
        clicked(8)

    with django_assert_num_queries(15):
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


def badge(page: str) -> list[str]:
    """What the menu says beside the calls."""
    return re.findall(r'<a href="/studio/calls"[^>]*>Calls <span class="count">(\d+)', page)


def test_what_a_step_asks_comes_to_the_list_is_done_and_put_back(studio: Client, owner: User) -> None:
    ways.begun(ways.sequence(Step(1, StepKind.NOTIFY, text="Ask how the walk was."), email(2)))
    ways.tick(ways.NOW)
    [one] = studio.get(CALLS).context["asked"]

    page = studio.get(CALLS)
    done = studio.post(reverse("studio:notice_handle", args=[one.pk]), follow=True)
    put_back = studio.post(reverse("studio:notice_reopen", args=[one.pk]), follow=True)

    assert "“knee” asks:" in page.text
    assert "Ask how the walk was." in page.text
    assert f'href="{reverse("studio:lead", args=[one.enrolment.lead_id])}"' in page.text
    assert f'href="mailto:{one.enrolment.lead.email}"' in page.text
    assert [row.lead for row in done.context["handled"]] == [one.enrolment.lead]
    assert [list(answer.context["asked"]) for answer in (done, put_back)] == [[], [one]]
    assert [badge(answer.text) for answer in (page, done, put_back)] == [["1"], [], ["1"]]


def test_what_is_asked_says_since_when_with_its_zone_whom_to_call_and_why_they_left(studio: Client) -> None:
    one = lead(phone="+14165550123")
    way = enrolment(one, state="exited", exit_reason="booked", ended_at=database_now())
    notice(one, enrolment=way, at=database_now() - timedelta(days=2))

    text = studio.get(CALLS).text

    assert 'href="tel:+14165550123"' in text
    assert "They have left the sequence since: Booked" in text
    assert re.search(r"2 days ago.*\d\d:\d\d [A-Z]{3}", text, re.DOTALL)


def test_with_a_browsers_help_only_what_was_asked_changes_and_who_comes_second_sees_who_was_first(
    studio: Client, owner: User
) -> None:
    one, _other = notice(lead()), notice(lead())
    first = staff(name="Kim")
    notices.handle(one, by=first, now=database_now())

    second = studio.post(reverse("studio:notice_handle", args=[one.pk]), headers=HTMX)
    undone = studio.post(reverse("studio:notice_reopen", args=[one.pk]), headers=HTMX)

    assert second.text.startswith("<li")
    assert "Kim" in second.text
    assert "<strong>One person</strong> to look after" in second.text
    assert "<strong>2 people</strong> to look after" in undone.text
    assert 'id="waiting" hx-swap-oob="true"' in undone.text


def test_who_presses_for_somebody_who_was_erased_is_told_kindly(studio: Client, owner: User) -> None:
    one = notice(lead())
    privacy.erase(one.enrolment.lead, by=owner, now=database_now())

    plain = studio.post(reverse("studio:notice_handle", args=[one.pk]), follow=True)
    helped = studio.post(reverse("studio:notice_handle", args=[one.pk]), headers=HTMX)

    assert "It is done already, or the person is erased." in plain.text
    assert helped.text.strip().startswith('<p id="waiting"')
