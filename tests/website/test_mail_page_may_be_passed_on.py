"""The page of a mail that is for one thing: whoever is given it can read it, and nobody can act by it."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from booking import queries as diary
from booking import services as booking
from booking.models import Appointment
from booking.services import Visitor, Wanted
from clinic.clock import database_now
from leads.models import Lead
from leads.privacy import services as privacy
from newsletter import tokens
from newsletter.models import Delivery
from newsletter.rendering.preview import Preview
from tests.factories import clinics, people, stock
from tests.studio import post_office
from tests.website import forms, templates
from tests.website.footprint import appended, tables

pytestmark = pytest.mark.django_db

ELSEWHERE = f"{settings.PUBLIC_URL}/only-in-the-email"
HREF = re.compile(r'href="([^"]*)"')


@pytest.fixture(autouse=True)
def at_work(db: None) -> None:
    """A clinic that takes calls every day, with everything that ships."""
    cache.clear()
    clinics.clinic(call_notice_hours=4)
    for weekday in range(7):
        clinics.hours(weekday)
    stock.mails(database_now())


def signed_up() -> None:
    Client().post(reverse("website:sign_up"), forms.sign_up())


def asked() -> None:
    Client().post(reverse("website:ask"), forms.ask())


def booked() -> Appointment:
    now = database_now()
    times = [slot for slot in diary.open_slots(now=now) if slot > now + timedelta(days=3)]
    wanted = Wanted(times[0], "+14165550134", "America/Toronto")
    return booking.book(Visitor("ana@mail.example", "Ana"), wanted=wanted, now=now)


def cancelled() -> None:
    call = booked()
    post_office.leaving()
    booking.cancel(call, now=database_now())


def forgot_a_password() -> None:
    people.staff(email="dana@harbour.example")
    Client().post(reverse("studio:forgotten"), {"email": "dana@harbour.example"})


def was_invited() -> None:
    owner = Client()
    owner.force_login(people.staff(), backend="django.contrib.auth.backends.ModelBackend")
    owner.post(reverse("studio:invite"), {"name": "Noor", "email": "noor@harbour.example", "role": "practitioner"})


ONE_OF_EACH: dict[str, tuple[Callable[[], object], str, str]] = {
    "confirmation": (signed_up, "One step left", "/confirm/"),
    "answer": (asked, "Thank you for your question", "/c/"),
    "booked": (booked, "We call the number ending in 34.", "/a/"),
    "cancelled": (cancelled, "This call will not take place", "/c/"),
    "password": (forgot_a_password, "Somebody asked for a new password", "/studio/password/new/"),
    "invitation": (was_invited, "A colleague has invited you", "/studio/welcome/"),
}


def the_mail() -> Preview:
    """What leaves now, by the real gate, fillers and letters."""
    [(_address, mail)] = post_office.leaving()
    return mail


@pytest.mark.parametrize("kind", ONE_OF_EACH)
def test_every_mail_has_its_page_and_nobody_can_act_by_it(kind: str, client: Client) -> None:
    happen, says, opener = ONE_OF_EACH[kind]
    happen()
    mail, delivery = the_mail(), Delivery.objects.order_by("pk").last()
    assert delivery is not None
    path, before = post_office.path_in(mail, "/v/"), tables()
    opening = post_office.path_in(mail, opener)

    page = client.get(path)

    assert (page.status_code, says in page.text, says in mail.text) == (200, True, True)
    assert (tables(), tokens.sign(delivery.pk) in page.text, opening in page.text) == (before, False, False)
    own = {href for href in map(unescape, HREF.findall(page.text)) if not href.startswith(("mailto:", "tel:"))}
    ordinary = {f"{settings.PUBLIC_URL}/book", f"{settings.PUBLIC_URL}/ask", "https://book.harbour.example/"}
    assert own <= {settings.PUBLIC_URL + path, ELSEWHERE, *ordinary}
    assert (ELSEWHERE in own) is (opener != "/c/")
    assert "press the same button there" in client.get(ELSEWHERE.removeprefix(settings.PUBLIC_URL)).text


def test_out_of_the_pages_address_none_of_its_readers_links_can_be_made(client: Client) -> None:
    """Nor is such a mail shown by the token of its links: whoever has that can cancel the call as well."""
    call = booked()
    mail = the_mail()
    of_the_page, of_its_links = (post_office.path_in(mail, f"/{letter}/").rpartition("/")[2] for letter in "va")
    before, facts = tables(), appended()

    answers = [client.get(f"/{letter}/{of_the_page}") for letter in "aupb"]
    answers.append(client.get(f"/c/{of_the_page}/0"))
    client.post(f"/a/{of_the_page}", {"button": "cancel"})
    client.post(f"/u/{of_the_page}")

    assert {templates(answer) for answer in answers} == {"website/link_unknown.html"}
    assert client.get(f"/v/{of_its_links}").status_code == 404
    call.refresh_from_db()
    assert (call.state, tables(), appended()) == ("booked", before, facts)


def test_the_page_says_when_the_call_is_now(client: Client) -> None:
    call = booked()
    path = post_office.path_in(the_mail(), "/v/")
    first = client.get(path).text
    later = [slot for slot in diary.open_slots(now=database_now()) if slot > call.starts_at + timedelta(days=1)]
    booking.move(call, starts_at=later[0], now=database_now())
    moved = client.get(path).text
    booking.cancel(call, now=database_now())

    assert moved != first
    assert "this call was cancelled" in client.get(path).text
    assert "this call was cancelled" not in moved


def test_of_somebody_who_was_erased_such_a_page_shows_nothing(client: Client) -> None:
    booked()
    path = post_office.path_in(the_mail(), "/v/")
    privacy.erase(Lead.objects.get(), by=None, now=database_now())

    assert client.get(path).status_code == 404
