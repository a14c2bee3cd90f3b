"""What calls mean for sequences: what is waited for, what is a goal, and how many calls are free."""

from datetime import timedelta

import pytest

from booking import goals, services, ways
from booking.models import GoalKind
from leads.consent import services as consent
from leads.consent.models import Basis, Purpose
from leads.consent.services import Ground
from newsletter.models import Enrolment
from newsletter.sequences import events
from newsletter.sequences.plan.document import Event, EventKind, Scarce, TriggerKind
from tests.booking.diary import NOW, THURSDAY, visitor, wanted
from tests.factories import people
from tests.newsletter.sequences.plans import email
from tests.newsletter.sequences.ways import goal, sequence, trigger

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clinic", "templates")]
HOUR = timedelta(hours=1)


def happened(event: Event, lead_id: int, *, since=NOW) -> bool:
    return bool(events.happened(event, [(7, lead_id, since)]))


def test_free_calls_are_those_that_visitors_can_still_book_in_so_many_days():
    a_day = 24  # from nine to five, every twenty minutes; on the first day four hours of notice are over by noon
    assert [ways.free_calls(days, NOW) for days in (0, 1, 2)] == [0, 15, 15 + a_day]

    services.book(visitor(), wanted=wanted(NOW + timedelta(days=1, hours=1)), now=NOW)

    assert ways.free_calls(2, NOW) == 15 + a_day - 1


def test_an_invitation_hears_when_calls_are_few():
    assert not events.is_scarce(Scarce(fewer=15, days=1), NOW)
    assert events.is_scarce(Scarce(fewer=16, days=1), NOW)


@pytest.mark.parametrize(("kind", "came"), [("", True), ("phone", True), ("direct", False)])
def test_a_way_can_wait_for_any_booking_or_for_one_kind(kind, came):
    lead = people.lead()
    goals.reach(lead, kind=GoalKind.PHONE, now=NOW)

    assert happened(Event(EventKind.BOOKED, kind), lead.pk) is came
    assert not happened(Event(EventKind.BOOKED, kind), lead.pk, since=NOW + HOUR)
    assert not happened(Event(EventKind.BOOKED, kind), people.lead().pk)


def test_a_way_can_wait_until_somebody_came_to_the_call():
    call = services.book(visitor(), wanted=wanted(), now=NOW)
    attended = Event(EventKind.ATTENDED)
    assert not happened(attended, call.lead_id)

    services.record_outcome(call, state="attended", by=people.staff(), now=THURSDAY + HOUR)

    assert happened(attended, call.lead_id)


@pytest.mark.parametrize(("kind", "ends"), [("", True), ("free_call", True), ("phone", False)])
def test_who_booked_lately_begins_no_course_that_is_for_such_a_booking(kind, ends):
    sequence(email(1), at=NOW, **trigger(TriggerKind.CONSENT), **goal(EventKind.BOOKED, kind))
    call = services.book(visitor(), wanted=wanted(), now=NOW)

    consent.grant(call.lead, ground=Ground(Purpose.MARKETING, Basis.EXPRESS), now=NOW + HOUR)

    assert Enrolment.objects.get().state == ("exited" if ends else "active")
