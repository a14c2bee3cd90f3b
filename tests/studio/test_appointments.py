from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localtime

from accounts.models import User
from booking import queries as diary
from booking.models import Appointment, Goal
from clinic.clock import database_now
from clinic.queries import zone
from studio.queries.diary import today
from tests.factories import stock
from tests.factories.bookings import appointment
from tests.factories.clinics import hours
from tests.factories.people import lead

PAGE = reverse("studio:appointments")


@pytest.fixture
def installed(owner: User) -> None:
    for weekday in range(7):
        hours(weekday)
    stock.mails(database_now())


def typed(moment: datetime) -> str:
    return f"{localtime(moment, zone()):%Y-%m-%dT%H:%M}"


def url(name: str, call: Appointment, *args: str) -> str:
    return reverse(f"studio:{name}", args=[call.pk, *args])


def test_today_comes_first_then_what_nobody_spoke_of_then_what_is_to_come(studio: Client) -> None:
    now = database_now()
    start, end = today(now)
    midday = start + (end - start) / 2
    of_today = appointment(starts_at=midday)
    forgotten = appointment(starts_at=start - timedelta(days=1))
    done = appointment(starts_at=start - timedelta(days=2), state="attended")
    tomorrow = appointment(starts_at=end + timedelta(hours=10))
    cancelled = appointment(starts_at=midday, state="cancelled")

    found = studio.get(PAGE).context

    assert found["today"] == [of_today]
    assert found["open"] == [forgotten]
    assert found["upcoming"] == [tomorrow]
    assert list(found["past"]) == [cancelled, done]


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_the_database_as_often_for_one_as_for_many(
    count: int, studio: Client, django_assert_num_queries
) -> None:
    start, end = today(database_now())
    for number in range(count):
        appointment(starts_at=start + timedelta(minutes=number * 30))
        appointment(starts_at=end + timedelta(days=1, minutes=number * 30))
        appointment(starts_at=start - timedelta(days=1, minutes=number * 30))
        appointment(starts_at=start - timedelta(days=2, minutes=number * 30), state="missed")

    with django_assert_num_queries(15):
        studio.get(PAGE)


def test_an_empty_diary_teaches(studio: Client) -> None:
    assert "No calls yet" in studio.get(PAGE).text


@pytest.mark.parametrize("state", ["attended", "missed", "not_suitable"])
def test_one_click_says_how_it_went_and_another_takes_it_back(state: str, studio: Client) -> None:
    call = appointment(starts_at=database_now() - timedelta(hours=1))

    studio.post(url("appointment_outcome", call, state))
    told = Appointment.objects.get(pk=call.pk).state
    studio.post(url("appointment_outcome", call, "booked"))

    assert told == state
    assert Appointment.objects.get(pk=call.pk).state == "booked"


def test_a_call_to_come_has_no_outcome_yet(studio: Client) -> None:
    call = appointment()

    answer = studio.post(url("appointment_outcome", call, "attended"), follow=True)

    assert "The call is still to come." in answer.text
    assert Appointment.objects.get(pk=call.pk).state == "booked"


def test_a_made_up_outcome_changes_nothing(studio: Client) -> None:
    call = appointment(starts_at=database_now() - timedelta(hours=1))

    studio.post(url("appointment_outcome", call, "cancelled"))

    assert Appointment.objects.get(pk=call.pk).state == "booked"


def test_an_open_time_is_booked_for_somebody(studio: Client, owner: User, installed: None) -> None:
    ada = lead(phone="+14165550123", time_zone="America/Vancouver")
    slot = diary.open_slots(now=database_now())[3]

    answer = studio.post(
        reverse("studio:appointment_new", args=[ada.pk]), {"slot": slot.isoformat(), "phone": "416 555 0123"}
    )

    call = Appointment.objects.get()
    assert answer.headers["Location"] == url("appointment", call)
    assert (call.starts_at, call.phone, call.time_zone, call.by) == (slot, "+14165550123", "America/Vancouver", owner)
    assert Goal.objects.get().kind == "free_call"


def test_another_time_may_be_agreed_on_in_the_clinics_zone(studio: Client, installed: None) -> None:
    moment = (database_now() + timedelta(days=2)).replace(hour=3, minute=7, second=0, microsecond=0)

    studio.post(reverse("studio:appointment_new", args=[lead().pk]), {"other": typed(moment), "phone": "416 555 0123"})

    assert Appointment.objects.get().starts_at == moment


def test_a_time_must_be_chosen_and_lie_ahead(studio: Client, installed: None) -> None:
    book = reverse("studio:appointment_new", args=[lead().pk])

    nothing = studio.post(book, {"phone": "416 555 0123"})
    past = studio.post(book, {"phone": "416 555 0123", "other": typed(database_now() - timedelta(hours=2))})

    assert nothing.context["form"].errors == {"__all__": ["Choose an open time, or name another one."]}
    assert past.context["form"].errors == {"other": ["This is over already."]}


def test_a_taken_time_is_not_given_twice(studio: Client, installed: None) -> None:
    other = appointment(starts_at=(database_now() + timedelta(days=1)).replace(second=0, microsecond=0))

    page = studio.post(
        reverse("studio:appointment_new", args=[lead().pk]), {"other": typed(other.starts_at), "phone": "416 555 0123"}
    )

    assert "That time is taken by now." in page.text
    assert Appointment.objects.count() == 1


def test_a_call_is_moved_to_another_time(studio: Client, installed: None) -> None:
    call = appointment()
    slot = diary.open_slots(now=database_now())[5]

    studio.post(url("appointment_move", call), {"slot": slot.isoformat()})

    moved = Appointment.objects.get(pk=call.pk)
    assert (moved.starts_at, moved.revision) == (slot, 1)


def test_a_call_that_has_begun_cannot_be_moved(studio: Client, installed: None) -> None:
    call = appointment(starts_at=database_now() - timedelta(minutes=5))
    slot = diary.open_slots(now=database_now())[0]

    answer = studio.post(url("appointment_move", call), {"slot": slot.isoformat()}, follow=True)

    assert "it cannot be moved any more" in answer.text


def test_cancelling_asks_first_and_names_the_time(studio: Client, installed: None) -> None:
    call = appointment()
    asked = studio.get(url("appointment_cancel", call))
    before = Appointment.objects.get(pk=call.pk).state

    studio.post(url("appointment_cancel", call))

    assert f"{localtime(call.starts_at, zone()):%H:%M}" in asked.text
    assert before == "booked"
    assert Appointment.objects.get(pk=call.pk).state == "cancelled"


def test_the_call_shows_the_time_in_the_persons_zone_too(studio: Client) -> None:
    call = appointment(time_zone="Europe/Lisbon")

    text = studio.get(url("appointment", call)).text

    assert f"{localtime(call.starts_at, zone()):%H:%M %Z}" in text
    assert f"{localtime(call.starts_at, ZoneInfo('Europe/Lisbon')):%H:%M %Z}" in text
