"""What mails about calls, and the course's invitations, learn from the diary as they leave."""

from datetime import timedelta

import pytest
from icalendar import Calendar

from booking import fillers, services
from booking.notices import Occasion
from newsletter.deliveries.admission.slots import Slotted
from newsletter.models import Delivery
from tests.booking.diary import FRIDAY, NOW, visitor, wanted
from tests.factories import people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clinic", "templates")]


def filled(call):
    """Every notice planned about the call, by occasion, as it would leave now."""
    rows = Delivery.objects.filter(owner=call.pk, kind=5)
    asked = [Slotted(row.pk, row.owner, row.item, row.lead_id, row.staff_id) for row in rows]
    answers = fillers.appointments(asked, NOW)
    return {Occasion(row.item % 10): answers[row.id] for row in asked}


def event(attachment):
    calendar = Calendar.from_ical(attachment.content)
    assert str(calendar["METHOD"]) == attachment.method
    (found,) = calendar.walk("VEVENT")
    return found


def test_a_confirmation_says_when_in_the_visitors_zone_and_on_which_number():
    call = services.book(visitor(), wanted=wanted(time_zone="Europe/Berlin"), now=NOW)

    confirmation = filled(call)[Occasion.BOOKED]

    assert confirmation.slots == {
        "when": "Thursday, 8 October at 3:40 p.m. (Berlin time, CEST)",
        "phone_hint": "We call the number ending in 23.",
    }
    assert event(confirmation.attachment).decoded("DTSTART") == call.starts_at
    assert "/a/" in event(confirmation.attachment)["DESCRIPTION"]


def test_the_clinics_zone_is_used_when_the_visitors_is_unknown():
    call = services.book(visitor(), wanted=wanted(time_zone="Mars/Base"), now=NOW)

    assert filled(call)[Occasion.BOOKED].slots["when"] == "Thursday, 8 October at 9:40 a.m. (Toronto time, EDT)"


def test_a_moved_call_replaces_its_calendar_entry_and_a_cancelled_one_removes_it():
    call = services.book(visitor(), wanted=wanted(), now=NOW)
    services.move(call, starts_at=FRIDAY, now=NOW)
    moved = event(filled(call)[Occasion.MOVED].attachment)
    services.cancel(call, now=NOW)
    cancelled = filled(call)[Occasion.CANCELLED]

    assert (str(moved["UID"]), moved["SEQUENCE"], moved.decoded("DTSTART")) == (str(call.uid), 1, FRIDAY)
    assert cancelled.attachment.method == "CANCEL"
    assert (str(event(cancelled.attachment)["UID"]), event(cancelled.attachment)["SEQUENCE"]) == (str(call.uid), 2)
    assert cancelled.slots["when"] == "Friday, 9 October at 10 a.m. (Toronto time, EDT)"


def test_reminders_carry_no_file():
    call = services.book(visitor(), wanted=wanted(), now=NOW)

    reminders = filled(call)

    assert reminders[Occasion.REMINDER_DAY].attachment is None
    assert reminders[Occasion.REMINDER_HOUR].slots == reminders[Occasion.BOOKED].slots


def invited(*leads, now=NOW):
    asked = [Slotted(lead.pk * 1000, 1, 1, lead.pk, None) for lead in leads]
    answers = fillers.free_times(asked, now)
    return [answers[row.id].slots["free_times"] for row in asked]


def test_an_invitation_names_the_next_free_times_in_each_readers_zone():
    at_home, abroad = people.lead(), people.lead(time_zone="Asia/Tokyo")

    assert invited(at_home, abroad) == [
        "Monday, 5 October at noon\nTuesday, 6 October at 9 a.m.\nWednesday, 7 October at 9 a.m.\n(Toronto time)",
        "Tuesday, 6 October at 1 a.m.\nTuesday, 6 October at 10 p.m.\nWednesday, 7 October at 10 p.m.\n(Tokyo time)",
    ]


def test_an_invitation_without_free_times_leaves_the_word_to_its_fallback(clinic):
    clinic.call_notice_hours = 336 * 2
    clinic.save()

    assert invited(people.lead(), now=NOW + timedelta(days=1)) == [""]
