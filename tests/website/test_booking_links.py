"""The link in every mail about a call: looking changes nothing, moving and cancelling are kind when repeated."""

from datetime import timedelta

import pytest
from icalendar import Calendar

from booking import queries, services, times
from booking.models import Appointment
from booking.services import Visitor, Wanted
from clinic import clock
from leads.privacy import services as privacy
from newsletter import tokens
from newsletter.models import Delivery
from tests.booking import diary as calls
from tests.factories import bookings, mail, people
from website import diary

pytestmark = pytest.mark.django_db

TORONTO = times.zone_named("America/Toronto")


@pytest.fixture(autouse=True)
def open_clinic(db):
    calls.thin_mails()
    return calls.clinic_with_calls()


@pytest.fixture
def slots():
    return calls.free(clock.database_now())


@pytest.fixture
def call(slots):
    wanted = Wanted(slots[-1], "+14165550123", "America/Toronto")
    return services.book(Visitor("ana@mail.example", "Ana"), wanted=wanted, now=clock.database_now())


@pytest.fixture
def link(call):
    delivery = Delivery.objects.filter(owner=call.pk, kind=5).order_by("item")[0]
    return f"/a/{tokens.sign(delivery.pk)}"


def test_the_page_shows_the_call_and_the_times_to_move_it_to(client, call, link):
    answer = client.get(link)

    assert answer.status_code == 200
    assert times.said(call.starts_at, TORONTO) in answer.text
    assert answer.context["can_change"] is True
    assert answer.context["days"]
    assert "0123" not in answer.text
    assert "no-store" in answer["Cache-Control"]


def test_looking_changes_nothing(client, call, link):
    client.head(link)
    client.get(link, {"button": "cancel"})

    call.refresh_from_db()
    assert (call.state, call.revision) == ("booked", 0)


def test_a_cancelled_call_is_told_and_its_time_is_free_again(client, call, link):
    answer = client.post(link, {"button": "cancel"}, follow=True)

    assert answer.redirect_chain == [(link, 302)]
    assert times.said(call.starts_at, TORONTO) in answer.text
    assert Appointment.objects.get().state == "cancelled"
    assert call.starts_at in queries.open_slots(now=clock.database_now())


def test_cancelling_twice_is_answered_like_once(client, call, link):
    client.post(link, {"button": "cancel"})

    answer = client.post(link, {"button": "cancel"}, follow=True)

    assert answer.status_code == 200
    assert Appointment.objects.get().revision == 1


def test_a_call_is_moved_and_the_page_says_so(client, call, link, slots):
    answer = client.post(link, {"button": "move", "starts_at": diary.write(slots[-2])}, follow=True)

    call.refresh_from_db()
    assert (call.starts_at, call.revision) == (slots[-2], 1)
    assert answer.context["is_moved"] is True
    assert times.said(slots[-2], TORONTO) in answer.text


def test_moving_twice_is_answered_like_once(client, call, link, slots):
    choice = {"button": "move", "starts_at": diary.write(slots[-2])}
    client.post(link, choice)

    assert client.post(link, choice).url == f"{link}?moved"
    assert Appointment.objects.get().revision == 1


def test_a_time_that_somebody_took_meanwhile_is_said_so_and_the_call_stays(client, call, link, slots):
    bookings.appointment(starts_at=slots[-2])

    answer = client.post(link, {"button": "move", "starts_at": diary.write(slots[-2])})

    call.refresh_from_db()
    assert answer.status_code == 422
    assert "taken" in answer.context["form"].errors["starts_at"][0]
    assert call.starts_at == slots[-1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"button": "move"},
        {"button": "move", "starts_at": ""},
        {"button": "move", "starts_at": "\x00"},
        {"button": "move", "starts_at": "9999-12-31T23:59Z"},
        {"button": "move", "starts_at": "2020-01-01T10:00Z"},
    ],
)
def test_a_wrong_choice_is_told_kindly_and_changes_nothing(client, call, link, wrong):
    answer = client.post(link, wrong)

    call.refresh_from_db()
    assert answer.status_code == 422
    assert answer.context["form"].errors["starts_at"]
    assert (call.state, call.revision) == ("booked", 0)


@pytest.mark.parametrize("body", [{}, {"button": "explode"}, {"starts_at": "2030-01-01T10:00Z"}])
def test_a_form_without_a_button_of_ours_shows_the_page(client, call, link, body):
    assert client.post(link, body).status_code == 200
    call.refresh_from_db()
    assert (call.state, call.revision) == ("booked", 0)


def begun(call):
    now = clock.database_now()
    Appointment.objects.filter(pk=call.pk).update(
        starts_at=now - timedelta(minutes=1),
        ends_at=now + timedelta(minutes=14),
        blocked_until=now + timedelta(minutes=19),
    )


@pytest.mark.parametrize("button", ["move", "cancel"])
def test_a_call_that_has_begun_is_shown_and_no_longer_changed(client, call, link, slots, button):
    begun(call)

    answer = client.post(link, {"button": button, "starts_at": diary.write(slots[-2])}, follow=True)

    assert answer.status_code == 200
    assert answer.context["can_change"] is False
    assert Appointment.objects.get().state == "booked"


def test_a_cancelled_call_that_is_moved_stays_cancelled(client, call, link, slots):
    client.post(link, {"button": "cancel"})

    answer = client.post(link, {"button": "move", "starts_at": diary.write(slots[-2])}, follow=True)

    assert answer.status_code == 200
    assert Appointment.objects.get().state == "cancelled"


def test_the_calendar_file_is_behind_the_link_and_holds_it(client, call, link):
    answer = client.get(f"{link}/call.ics")
    (event,) = Calendar.from_ical(answer.content).walk("VEVENT")

    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert event.decoded("DTSTART") == call.starts_at
    assert link in str(event["DESCRIPTION"])


def test_a_cancelled_calls_file_leads_back_to_its_page(client, call, link):
    client.post(link, {"button": "cancel"})

    assert client.get(f"{link}/call.ics").url == link


@pytest.mark.parametrize("token", ["x", "x" * 22, "ä" * 22, "0"])
def test_a_link_of_nobodys_is_answered_kindly(client, token):
    assert client.get(f"/a/{token}").status_code == 200
    assert client.post(f"/a/{token}", {"button": "cancel"}).status_code == 200
    assert client.get(f"/a/{token}/call.ics", follow=True).status_code == 200


def test_the_link_of_another_kind_of_mail_touches_no_call(client, call):
    other = mail.delivery(call.lead, owner=call.pk)

    client.post(f"/a/{tokens.sign(other.pk)}", {"button": "cancel"})

    assert Appointment.objects.get().state == "booked"


def test_the_link_of_a_test_mail_changes_nothing(client, call):
    test_mail = mail.delivery(call.lead, kind=8, owner=call.pk, item=1, lead_id=None)

    answer = client.post(f"/a/{tokens.sign(test_mail.pk)}", {"button": "cancel"})

    assert answer.templates[0].name == "website/test_mail_notice.html"
    assert Appointment.objects.get().state == "booked"


def test_an_erased_persons_link_is_a_link_of_nobodys(client, call, link):
    privacy.erase(call.lead, by=people.staff(), now=clock.database_now())

    answer = client.get(link)

    assert answer.templates[0].name == "website/link_unknown.html"
