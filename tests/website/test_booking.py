"""The booking page: free times in the visitor's zone, a form that loses nothing, a call that is booked once."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.urls import reverse
from icalendar import Calendar

from booking import services, times
from booking.models import Appointment, Goal
from booking.services import Visitor, Wanted
from clinic import clock
from leads.models import Consent, Lead
from newsletter import tokens
from newsletter.models import Click
from tests.booking import diary as calls
from tests.factories import bookings, mail, people
from website import diary
from website.forms import stamp
from website.forms.stamp import Stamp

pytestmark = pytest.mark.django_db

BERLIN = times.zone_named("Europe/Berlin")


@pytest.fixture(autouse=True)
def open_clinic(db):
    cache.clear()
    calls.thin_mails()
    return calls.clinic_with_calls()


@pytest.fixture
def now():
    return clock.database_now()


@pytest.fixture
def slots(now):
    return calls.free(now)


def filled_in(starts_at, *, seconds_ago=10, **fields):
    """What a browser sends that showed the form so many seconds ago."""
    shown = Stamp(clock.database_now() - timedelta(seconds=seconds_ago), page="/book", referrer="news.example/a")
    return {
        "first_name": "Ana",
        "email": "ana@mail.example",
        "phone": "416 555 0123",
        "starts_at": diary.write(starts_at),
        "time_zone": "Europe/Berlin",
        "stamp": stamp.sign(shown, form="book"),
        **fields,
    }


def shown_times(answer):
    return [free.value for day in answer.context["days"] for free in day.times]


def test_free_times_are_shown_in_the_clinics_zone_until_the_visitors_is_known(client, slots):
    answer = client.get("/book")

    assert shown_times(answer)[-1] == diary.write(slots[-1])
    assert (answer.context["zone"], answer.context["is_guessed"]) == ("America/Toronto", True)
    assert "Toronto time" in answer.text


def test_free_times_are_shown_in_the_zone_that_is_asked_for(client, slots):
    answer = client.get("/book", {"tz": "Europe/Berlin"})
    last = answer.context["days"][-1]

    assert (last.label, last.times[-1].label) == (times.day(slots[-1], BERLIN), times.clock(slots[-1], BERLIN))
    assert (answer.context["zone"], answer.context["is_guessed"]) == ("Europe/Berlin", False)
    assert "Berlin time" in answer.text


@pytest.mark.parametrize("name", ["Mars/Base", "../etc/passwd", "", "a\x00b", "x" * 3000])
def test_a_zone_that_nobody_knows_is_the_clinics(client, name):
    answer = client.get("/book", {"tz": name})

    assert (answer.context["zone"], answer.context["is_guessed"]) == ("America/Toronto", False)


def test_a_sent_form_books_and_shows_the_call_with_its_calendar_file(client, slots):
    answer = client.post("/book", filled_in(slots[-1]))
    call = Appointment.objects.get()
    page = client.get(answer.url)
    (event,) = Calendar.from_ical(client.get(f"{answer.url}/call.ics").content).walk("VEVENT")

    assert answer.url == reverse("website:call", args=[call.uid])
    assert (call.starts_at, call.phone, call.time_zone) == (slots[-1], "+14165550123", "Europe/Berlin")
    assert times.said(call.starts_at, BERLIN) in page.text
    assert event.decoded("DTSTART") == call.starts_at
    assert "/a/" not in page.text + str(event["DESCRIPTION"])


def test_a_new_lead_is_known_by_the_page_and_the_site_before_it(client, slots):
    client.post("/book", filled_in(slots[-1]), REMOTE_ADDR="203.0.113.77")
    lead, consent = Lead.objects.get(), Consent.objects.get()

    assert (lead.source, lead.time_zone, lead.first_page) == ("booking", "Europe/Berlin", "/book")
    assert (consent.page, consent.referrer, consent.network) == ("/book", "news.example/a", "203.0.113.0/24")


def test_a_time_that_somebody_took_meanwhile_is_said_so_and_nothing_else_is_lost(client, slots):
    bookings.appointment(starts_at=slots[-1])

    answer = client.post("/book", filled_in(slots[-1]))
    form = answer.context["form"]

    assert answer.status_code == 422
    assert "taken" in form.errors["starts_at"][0]
    assert (form["first_name"].value(), form["email"].value(), form["phone"].value()) == (
        "Ana",
        "ana@mail.example",
        "416 555 0123",
    )
    assert diary.write(slots[-1]) not in shown_times(answer)
    assert answer.context["zone"] == "Europe/Berlin"
    assert Lead.objects.filter(email="ana@mail.example").count() == 0


def test_the_same_form_sent_twice_is_one_call(client, slots):
    form = filled_in(slots[-1])

    assert client.post("/book", form).url == client.post("/book", form).url
    assert Appointment.objects.count() == 1


def test_a_program_that_fills_in_everything_books_nothing(client, slots):
    answer = client.post("/book", filled_in(slots[-1], website="https://spam.example"))

    assert answer.status_code == 422
    assert "Please call us" in str(answer.context["form"].non_field_errors())
    assert Appointment.objects.count() == 0


@pytest.mark.parametrize("seconds_ago", [0, 25 * 3600])
def test_a_form_sent_too_fast_or_too_late_is_shown_again_ready_to_be_sent(client, slots, seconds_ago):
    answer = client.post("/book", filled_in(slots[-1], seconds_ago=seconds_ago))

    assert answer.status_code == 422
    assert answer.context["form"]["email"].value() == "ana@mail.example"
    assert answer.context["chosen"] == diary.write(slots[-1])
    assert Appointment.objects.count() == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"starts_at": ""},
        {"starts_at": "tomorrow"},
        {"starts_at": "9999-12-31T23:59Z"},
        {"starts_at": "2020-01-01T10:00Z"},
        {"starts_at": "\x00"},
        {"email": "nobody"},
        {"email": ""},
        {"email": "a\x00b@mail.example"},
        {"first_name": ""},
        {"first_name": "see www.spam.example"},
        {"first_name": "A" * 81},
        {"phone": ""},
        {"phone": "911"},
        {"phone": "\x00" * 30},
        {"stamp": "forged"},
        {"stamp": ""},
        {"time_zone": "\x00", "phone": "x"},
    ],
)
def test_a_wrong_entry_is_told_kindly_and_books_nothing(client, slots, wrong):
    answer = client.post("/book", {**filled_in(slots[-1]), **wrong})

    assert answer.status_code == 422
    assert answer.context["form"].errors
    assert Appointment.objects.count() == 0


def test_an_empty_form_is_told_what_is_missing(client):
    answer = client.post("/book", {})

    assert answer.status_code == 422
    assert {"email", "first_name", "phone", "starts_at"} <= answer.context["form"].errors.keys()


def test_a_form_from_another_site_is_turned_away(client, slots):
    answer = client.post("/book", filled_in(slots[-1]), headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert Appointment.objects.count() == 0


def test_one_network_cannot_fill_the_diary(client, slots):
    answers = [
        client.post("/book", filled_in(slot, email=f"ana{number}@mail.example")).status_code
        for number, slot in enumerate(slots[-6:])
    ]

    assert answers == [302] * 5 + [429]


def test_one_person_cannot_fill_the_diary(client, slots):
    statuses = [client.post("/book", filled_in(slot)).status_code for slot in slots[-3:]]

    assert statuses == [302, 302, 422]


def test_who_comes_from_a_mail_finds_name_and_address_filled_in_but_no_number(client):
    ana = people.lead("ana@mail.example", phone="+14165550123", time_zone="Asia/Tokyo")
    delivery = mail.delivery(ana, state=1)

    answer = client.get(f"/c/{tokens.sign(delivery.pk)}/0", follow=True)
    form = answer.context["form"]

    assert answer.redirect_chain == [("/book", 302)]
    assert (form["email"].value(), form["first_name"].value(), form["phone"].value()) == (
        "ana@mail.example",
        "Ada",
        None,
    )
    assert (answer.context["guest"], answer.context["zone"]) == (ana, "Asia/Tokyo")
    assert "0123" not in answer.text
    assert "no-store" in answer["Cache-Control"]


def test_a_booking_is_credited_to_the_mail_whose_link_led_to_it(client, slots):
    ana = people.lead("ana@mail.example")
    mail.enrolment(ana)
    delivery = mail.delivery(ana, state=1)
    client.get(f"/c/{tokens.sign(delivery.pk)}/0")

    client.post("/book", filled_in(slots[-1]))

    assert Click.objects.get().label == "person"
    assert Goal.objects.get().credited_delivery_id == delivery.pk
    assert ana.enrolments.get().exit_reason == "booked"


def test_without_a_sent_form_a_scanners_click_earns_no_credit(client, slots, now):
    ana = people.lead("ana@mail.example")
    delivery = mail.delivery(ana, state=1)
    client.get(f"/c/{tokens.sign(delivery.pk)}/0", headers={"User-Agent": "curl/8"})
    wanted = Wanted(slots[-1], "+14165550123", "America/Toronto")

    services.book(Visitor("ana@mail.example", "Ana"), wanted=wanted, now=now)

    assert Goal.objects.get().credited_delivery_id is None


def test_looking_at_the_page_books_nothing_and_is_counted_once(client, slots):
    client.head("/book")
    client.get("/book", filled_in(slots[-1]))

    assert Appointment.objects.count() == 0


@pytest.mark.parametrize(("state", "in_hours"), [("cancelled", 1), ("attended", 1), ("booked", -1)])
def test_a_call_that_is_no_longer_to_come_leads_to_the_booking_page(client, now, state, in_hours):
    call = bookings.appointment(starts_at=now + timedelta(hours=in_hours), state=state)

    assert client.get(f"/call/{call.uid}").url == "/book"
    assert client.get(f"/call/{call.uid}/call.ics").url == "/book"
    assert client.get(f"/call/{uuid4()}").url == "/book"


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_takes_as_many_queries_for_one_call_as_for_three(client, count, django_assert_num_queries):
    for _ in range(count):
        bookings.appointment()
    with django_assert_num_queries(9):
        client.get("/book")
