"""Goals: what ends a course, and which mail gets the credit."""

from datetime import timedelta

import pytest
from django.db import transaction

from accounts.models import AuditEvent
from booking import goals, services
from booking.models import Goal
from newsletter.models import Enrolment, Fact, Outcome
from tests.booking.diary import NOW, visitor, wanted
from tests.factories import mail, people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clinic", "templates")]


@pytest.fixture
def ana():
    return people.lead("ana@mail.example")


def clicked(lead, *, days_ago, label="person"):
    """A mail submitted and clicked so long ago; returns its delivery."""
    at = NOW - timedelta(days=days_ago)
    delivery = mail.delivery(lead, state=1, at=at)
    mail.click(delivery, at=at, label=label)
    return delivery


def credited():
    return Goal.objects.get().credited_delivery_id


def test_the_last_mail_that_the_person_clicked_gets_the_credit(ana):
    clicked(ana, days_ago=30)
    last = clicked(ana, days_ago=3)
    mail.delivery(ana, state=1, at=NOW - timedelta(days=1))

    services.book(visitor(), wanted=wanted(), now=NOW)

    assert credited() == last.pk
    assert list(Fact.objects.values_list("delivery_id", "kind", "label")) == [(last.pk, "booked", "free_call")]


@pytest.mark.parametrize("label", ["scanner", "unknown"])
def test_only_people_earn_credit(ana, label):
    person = clicked(ana, days_ago=20)
    clicked(ana, days_ago=2, label=label)

    services.book(visitor(), wanted=wanted(), now=NOW)

    assert credited() == person.pk


@pytest.mark.parametrize(("days_ago", "counts"), [(89.99, True), (90, False), (120, False)])
def test_a_click_counts_for_ninety_days(ana, days_ago, counts):
    delivery = clicked(ana, days_ago=days_ago)

    services.book(visitor(), wanted=wanted(), now=NOW)

    assert credited() == (delivery.pk if counts else None)


def test_without_a_click_nothing_is_credited(ana):
    mail.delivery(ana, state=1, at=NOW - timedelta(days=1))
    clicked(people.lead("ben@mail.example"), days_ago=1)

    services.book(visitor(), wanted=wanted(), now=NOW)

    assert credited() is None
    assert Fact.objects.count() == 0


def test_a_moved_call_keeps_its_credit_and_a_cancelled_one_its_goal(ana):
    delivery = clicked(ana, days_ago=1)
    call = services.book(visitor(), wanted=wanted(), now=NOW)

    services.move(call, starts_at=wanted().starts_at + timedelta(hours=2), now=NOW)
    services.cancel(call, now=NOW)

    assert credited() == delivery.pk


def test_booking_ends_the_course_and_takes_back_its_next_mail(ana):
    enrolment = mail.enrolment(ana)
    step = mail.delivery(ana, kind=2, owner=enrolment.pk, item=1)

    services.book(visitor(), wanted=wanted(), now=NOW)

    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.exit_reason, enrolment.ended_at) == ("exited", "booked", NOW)
    assert Outcome.objects.get(pk=step.pk).get_state_display() == "Cancelled"


def test_a_booking_that_fails_leaves_the_course_as_it_was(ana):
    enrolment = mail.enrolment(ana)
    services.book(visitor("ben@mail.example"), wanted=wanted(), now=NOW)

    with pytest.raises(services.SlotTaken):
        services.book(visitor(), wanted=wanted(), now=NOW)

    assert Enrolment.objects.get(pk=enrolment.pk).state == "active"


def test_a_goal_and_the_end_of_the_course_are_one_act(ana):
    mail.enrolment(ana)

    with transaction.atomic():
        goals.reach(ana, kind="elsewhere", now=NOW)
        transaction.set_rollback(True)

    assert Enrolment.objects.get().state == "active"
    assert Goal.objects.count() == 0


@pytest.mark.parametrize("kind", ["direct", "phone", "elsewhere", "patient"])
def test_each_kind_of_booking_ends_the_course_and_is_credited(ana, kind):
    delivery = clicked(ana, days_ago=2)
    mail.enrolment(ana)

    goal = goals.reach(ana, kind=kind, now=NOW)

    assert (goal.kind, goal.credited_delivery_id, goal.by) == (kind, delivery.pk, None)
    assert Enrolment.objects.get().exit_reason == "booked"
    ana.refresh_from_db()
    assert ana.status == ("patient" if kind == "patient" else "lead")


def test_said_twice_it_is_one_goal_and_months_later_another(ana):
    goals.reach(ana, kind="phone", now=NOW)
    goals.reach(ana, kind="phone", now=NOW + timedelta(days=1))
    goals.reach(ana, kind="direct", now=NOW + timedelta(days=1))
    goals.reach(ana, kind="phone", now=NOW + timedelta(days=100))

    assert sorted(Goal.objects.values_list("kind", flat=True)) == ["direct", "phone", "phone"]


def test_a_goal_that_staff_record_says_who(ana):
    user = people.staff()

    goal = goals.reach(ana, kind="phone", by=user, now=NOW)

    assert goal.by == user
    assert AuditEvent.objects.filter(act="goal.reached", subject=f"lead:{ana.pk}", by=user).count() == 1
