"""Erasing a person gives their calls back and forgets their numbers."""

from datetime import timedelta

import pytest

from booking import queries, receivers, services
from booking.models import Goal
from booking.notices import Occasion
from leads.consent import services as consent
from leads.consent.models import Basis, Purpose
from leads.merging import services as merging
from leads.privacy import services as privacy
from newsletter.deliveries import returned
from newsletter.deliveries.models import Chunk, Kind, Outcome, State
from newsletter.models import Delivery, Enrolment
from tests.booking.diary import FRIDAY, NOW, THURSDAY, planned, visitor, wanted
from tests.factories import people, stock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clinic", "templates")]


def test_an_erased_persons_calls_are_given_back_in_silence():
    past = services.book(visitor(), wanted=wanted(THURSDAY), now=NOW)
    to_come = services.book(visitor(), wanted=wanted(FRIDAY), now=NOW)
    services.record_outcome(past, state="attended", by=people.staff(), now=THURSDAY)
    now = THURSDAY + timedelta(hours=1)

    privacy.erase(to_come.lead, by=people.staff(), now=now)

    past.refresh_from_db()
    to_come.refresh_from_db()
    assert (past.state, past.phone) == ("attended", "")
    assert (to_come.state, to_come.phone, to_come.time_zone) == ("cancelled", "", "UTC")
    assert planned(to_come) == {}
    assert FRIDAY in queries.open_slots(now=now)
    assert receivers


def test_what_is_yet_to_be_told_about_a_call_goes_to_the_kept_one_of_two_who_are_merged():
    call = services.book(visitor(), wanted=wanted(FRIDAY), now=NOW)
    gone, kept, before = call.lead, people.lead(), planned(call)

    merging.merge(kept, gone, by=people.staff(), now=NOW + timedelta(hours=1))

    call.refresh_from_db()
    assert call.lead == kept
    assert before
    assert planned(call).keys() == before.keys()
    mine = Delivery.objects.filter(kind=Kind.APPOINTMENT, owner=call.pk)
    assert set(mine.values_list("lead_id", flat=True)) == {kept.pk}
    ended = Outcome.objects.filter(delivery_id__in=mine.values("pk")).values_list("reason", flat=True)
    assert list(ended) == ["merged"] * len(before)
    assert list(Goal.objects.values_list("lead_id", flat=True)) == [kept.pk]


def test_a_notice_that_was_in_a_senders_hands_then_and_came_back_goes_to_the_kept_one():
    call = services.book(visitor(), wanted=wanted(FRIDAY), now=NOW)
    gone, kept = call.lead, people.lead()
    leaving = Delivery.objects.get(kind=Kind.APPOINTMENT, item=Occasion.BOOKED)
    Chunk.objects.filter(pk=leaving.chunk_id).update(mark=1)
    merging.merge(kept, gone, by=people.staff(), now=NOW)
    assert not Delivery.objects.filter(item=Occasion.BOOKED).exclude(pk=leaving.pk).exists()

    Outcome.objects.create(delivery_id=leaving.pk, at=NOW, state=State.CANCELLED, reason="merged")
    assert [returned.look(NOW) for _tick in range(2)] == [1, 0]

    again = Delivery.objects.get(kind=Kind.APPOINTMENT, item=Occasion.BOOKED)
    assert (again.lead_id, again.pk != leaving.pk) == (kept.pk, True)


EXPRESS = consent.Ground(Purpose.MARKETING, Basis.EXPRESS)


def enrolments(lead):
    return list(Enrolment.objects.filter(lead=lead).values_list("state", "exit_reason"))


def test_who_booked_lately_and_then_agrees_is_not_invited_again():
    stock.sequences(NOW)
    call = services.book(visitor(), wanted=wanted(FRIDAY), now=NOW)

    consent.grant(call.lead, ground=EXPRESS, now=NOW + timedelta(minutes=5))

    assert enrolments(call.lead) == [("exited", "booked")]


def test_who_cancelled_the_call_is_invited():
    stock.sequences(NOW)
    call = services.book(visitor(), wanted=wanted(FRIDAY), now=NOW)
    services.cancel(call, now=NOW + timedelta(minutes=1))

    consent.grant(call.lead, ground=EXPRESS, now=NOW + timedelta(minutes=5))

    assert enrolments(call.lead) == [("active", "")]
