"""Calls: one slot for one person, kind when said twice, and the mails that go with each change."""

from datetime import timedelta

import pytest
from django.db import IntegrityError

from accounts.models import AuditEvent
from booking import queries, services
from booking.models import Appointment, Goal
from booking.services import NotBegun, SlotTaken, TooLate, TooManyCalls
from leads.models import Consent, Lead
from newsletter.models import Batch
from tests.booking.diary import FRIDAY, NOW, THURSDAY, planned, visitor, wanted
from tests.factories import bookings, people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clinic", "templates")]


@pytest.fixture
def call():
    return services.book(visitor(), wanted=wanted(), now=NOW)


def test_a_visitor_books_and_is_remembered_with_the_basis_of_asking(call):
    lead = Lead.objects.get()
    consent = Consent.objects.get()

    assert (lead.email, lead.first_name, lead.phone, lead.source) == (
        "ana@mail.example",
        "Ana",
        "+14165550123",
        "booking",
    )
    assert (consent.lead, consent.purpose, consent.basis) == (lead, "inquiry", "inquiry")
    assert consent.expires_at > NOW + timedelta(days=170)
    assert (call.lead, call.starts_at, call.state) == (lead, THURSDAY, "booked")
    assert call.ends_at - call.starts_at == timedelta(minutes=15)
    assert call.blocked_until - call.ends_at == timedelta(minutes=5)
    assert Goal.objects.get().appointment == call


def test_a_booked_time_is_no_longer_open_and_a_cancelled_one_is_again(call):
    assert THURSDAY not in queries.open_slots(now=NOW)

    services.cancel(call, now=NOW)

    assert THURSDAY in queries.open_slots(now=NOW)


def test_a_taken_time_is_refused_and_leaves_nothing_behind(call):
    with pytest.raises(SlotTaken):
        services.book(visitor("ben@mail.example"), wanted=wanted(), now=NOW)

    assert Lead.objects.count() == 1
    assert Goal.objects.count() == 1


@pytest.mark.parametrize(
    "starts_at",
    [
        NOW - timedelta(days=1),
        NOW + timedelta(hours=1),
        THURSDAY + timedelta(minutes=3),
        THURSDAY + timedelta(hours=12),
        THURSDAY + timedelta(days=2),
        THURSDAY + timedelta(days=28),
    ],
)
def test_a_visitor_gets_no_time_that_the_clinic_does_not_offer(starts_at):
    with pytest.raises(SlotTaken):
        services.book(visitor(), wanted=wanted(starts_at), now=NOW)


def test_the_same_booking_twice_is_one_call(call):
    assert services.book(visitor("ANA@mail.example"), wanted=wanted(), now=NOW) == call
    assert Appointment.objects.count() == 1
    assert Goal.objects.count() == 1


def test_an_address_and_a_guessed_time_show_nobodys_call(call):
    with pytest.raises(SlotTaken):
        services.book(visitor(), wanted=wanted(phone="+14165550199"), now=NOW)


def test_a_time_that_is_not_offered_tells_nothing_about_the_address(call):
    """Else whoever asks for last Sunday would learn, and leave no trace, who has calls booked."""
    services.book(visitor(), wanted=wanted(FRIDAY), now=NOW)

    for address in ("ana@mail.example", "nobody@mail.example"):
        with pytest.raises(SlotTaken):
            services.book(visitor(address), wanted=wanted(NOW - timedelta(days=1)), now=NOW)


def test_one_person_cannot_fill_the_diary(call):
    services.book(visitor(), wanted=wanted(FRIDAY), now=NOW)

    with pytest.raises(TooManyCalls):
        services.book(visitor(), wanted=wanted(FRIDAY + timedelta(hours=1)), now=NOW)


def test_programs_cannot_fill_the_diary_either(clinic):
    staff = people.staff()
    for number in range(60):
        bookings.appointment(starts_at=NOW + timedelta(days=30 + number), booked_at=NOW - timedelta(minutes=number))
    before = Lead.objects.count()

    with pytest.raises(TooManyCalls):
        services.book(visitor(), wanted=wanted(), now=NOW)
    assert Lead.objects.count() == before
    services.book_for(people.lead(), wanted=wanted(), by=staff, now=NOW)
    assert services.book(visitor(), wanted=wanted(FRIDAY), now=NOW + timedelta(minutes=2)).starts_at == FRIDAY


def test_the_constraint_itself_keeps_two_people_out_of_one_slot(call):
    with pytest.raises(IntegrityError, match="booking_no_two_in_one_slot"):
        bookings.appointment(starts_at=THURSDAY + timedelta(minutes=19))


def test_a_call_may_begin_when_the_pause_after_another_ends(call):
    assert bookings.appointment(starts_at=call.blocked_until).pk


def test_staff_book_for_a_caller_at_any_free_time_to_come():
    lead, user = people.lead(), people.staff()
    evening = NOW + timedelta(hours=12)

    call = services.book_for(lead, wanted=wanted(evening), by=user, now=NOW)

    assert (call.lead, call.by, call.starts_at) == (lead, user, evening)
    assert Goal.objects.get().by == user
    assert AuditEvent.objects.filter(act="appointment.booked", by=user).count() == 1
    with pytest.raises(SlotTaken):
        services.book_for(people.lead(), wanted=wanted(evening), by=user, now=NOW)
    with pytest.raises(SlotTaken):
        services.book_for(lead, wanted=wanted(NOW - timedelta(days=1)), by=user, now=NOW)


def test_a_confirmation_goes_at_once_and_reminders_a_day_and_an_hour_before(call):
    assert planned(call) == {
        "0 BOOKED": NOW,
        "0 REMINDER_DAY": THURSDAY - timedelta(days=1),
        "0 REMINDER_HOUR": THURSDAY - timedelta(hours=1),
    }


def test_notices_expire_when_they_would_be_of_no_use(call):
    batches = Batch.objects.filter(kind=5, owner_id=call.pk).order_by("pk")

    assert list(batches.values_list("lane", "expires_at")) == [
        ("transactional", THURSDAY),
        ("transactional", THURSDAY - timedelta(hours=16)),
        ("transactional", THURSDAY),
    ]


def test_a_reminder_whose_time_has_passed_is_not_planned():
    soon = NOW + timedelta(hours=5)

    call = services.book(visitor(), wanted=wanted(soon), now=NOW)

    assert planned(call) == {"0 BOOKED": NOW, "0 REMINDER_HOUR": soon - timedelta(hours=1)}


def test_a_cancelled_call_is_told_and_its_reminders_are_withdrawn(call):
    later = NOW + timedelta(minutes=5)

    cancelled = services.cancel(call, now=later)

    assert (cancelled.state, cancelled.revision) == ("cancelled", 1)
    assert planned(call) == {"1 CANCELLED": later}
    assert Goal.objects.get().appointment.state == "cancelled"


def test_a_call_cancelled_twice_is_told_once(call):
    services.cancel(call, now=NOW)

    assert services.cancel(call, now=NOW + timedelta(minutes=1)).revision == 1
    assert planned(call) == {"1 CANCELLED": NOW}


def test_a_moved_call_is_told_and_reminded_of_at_its_new_time_only(call):
    later = NOW + timedelta(minutes=5)

    moved = services.move(call, starts_at=FRIDAY, now=later)

    assert (moved.starts_at, moved.revision, moved.uid) == (FRIDAY, 1, call.uid)
    assert planned(call) == {
        "1 MOVED": later,
        "1 REMINDER_DAY": FRIDAY - timedelta(days=1),
        "1 REMINDER_HOUR": FRIDAY - timedelta(hours=1),
    }
    assert queries.open_slots(now=NOW).count(THURSDAY) == 1
    assert Goal.objects.get().appointment == moved


def test_a_call_moved_to_where_it_is_stays_as_it_is(call):
    services.move(call, starts_at=FRIDAY, now=NOW)

    assert services.move(call, starts_at=FRIDAY, now=NOW).revision == 1


def test_a_call_moved_there_and_back_is_told_each_time(call):
    services.move(call, starts_at=FRIDAY, now=NOW)
    services.move(call, starts_at=THURSDAY, now=NOW)

    assert planned(call) == {
        "2 MOVED": NOW,
        "2 REMINDER_DAY": THURSDAY - timedelta(days=1),
        "2 REMINDER_HOUR": THURSDAY - timedelta(hours=1),
    }


def test_a_call_cannot_be_moved_onto_another(call):
    other = services.book(visitor("ben@mail.example"), wanted=wanted(FRIDAY), now=NOW)

    with pytest.raises(SlotTaken):
        services.move(call, starts_at=FRIDAY, now=NOW)
    with pytest.raises(SlotTaken):
        services.move(call, starts_at=FRIDAY, by=people.staff(), now=NOW)

    assert len(planned(other)) == len(planned(call)) == 3


def test_what_has_begun_or_was_cancelled_cannot_be_changed(call):
    with pytest.raises(TooLate):
        services.cancel(call, now=THURSDAY)
    with pytest.raises(TooLate):
        services.move(call, starts_at=FRIDAY, now=THURSDAY)

    services.cancel(call, now=NOW)

    with pytest.raises(TooLate):
        services.move(call, starts_at=FRIDAY, now=NOW)


def test_staff_say_how_a_call_went_and_may_take_it_back(call):
    user = people.staff()

    for state in ("attended", "missed", "not_suitable", "booked"):
        assert services.record_outcome(call, state=state, by=user, now=THURSDAY).state == state

    assert AuditEvent.objects.filter(act="appointment.outcome", by=user).count() == 4


def test_nobody_can_say_how_a_call_went_that_is_to_come_or_was_cancelled(call):
    user = people.staff()
    with pytest.raises(NotBegun):
        services.record_outcome(call, state="attended", by=user, now=NOW)

    services.cancel(call, now=NOW)

    with pytest.raises(TooLate):
        services.record_outcome(call, state="attended", by=user, now=THURSDAY)
