from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, Role, User
from clinic.clock import database_now
from clinic.queries import zone
from newsletter.models import Delivery
from studio.services import team
from tests.factories import stock
from tests.factories.clinics import clinic
from tests.factories.people import PASSWORD, staff
from tests.studio.post_office import leaving, path_in

pytestmark = pytest.mark.django_db
SIGN_IN = reverse("studio:sign_in")
NEW = "four grey geese gather"
WRONG = {"username": "sam@harbour.example", "password": "wrong"}


@pytest.fixture
def person() -> User:
    clinic()
    return staff(Role.FRONT_DESK, email="sam@harbour.example", name="Sam Okafor")


@pytest.fixture
def installed(person: User) -> None:
    stock.mails(database_now())


def sign_in(client: Client, email: str = "sam@harbour.example", password: str = PASSWORD):
    return client.post(SIGN_IN, {"username": email, "password": password})


def is_signed_in(client: Client) -> bool:
    return client.get(reverse("studio:dashboard")).status_code == 200


def test_staff_sign_in_with_their_address_however_it_is_written(person: User, client: Client) -> None:
    answer = sign_in(client, email=" Sam@Harbour.example ")

    assert answer.headers["Location"] == reverse("studio:dashboard")
    assert is_signed_in(client)


def test_signing_in_gives_the_session_a_new_name(person: User, client: Client) -> None:
    session = client.session
    session["before"] = True
    session.save()
    client.cookies["session"] = session.session_key or ""

    sign_in(client)

    assert client.session.session_key != session.session_key


def test_a_wrong_password_says_nothing_about_the_address(person: User, client: Client) -> None:
    known = sign_in(client, password="wrong").context["form"].errors
    unknown = sign_in(client, email="nobody@harbour.example", password="wrong").context["form"].errors

    assert known == unknown
    assert not is_signed_in(client)


def test_after_signing_in_one_goes_on_to_where_one_wanted_to_be(person: User, client: Client) -> None:
    wanted = reverse("studio:hold")

    answer = client.post(SIGN_IN, {"username": person.email, "password": PASSWORD, "next": wanted})

    assert answer.headers["Location"] == wanted


def test_nobody_is_sent_on_to_a_strange_site(person: User, client: Client) -> None:
    answer = client.post(SIGN_IN, {"username": person.email, "password": PASSWORD, "next": "https://evil.example/"})

    assert answer.headers["Location"] == reverse("studio:dashboard")


def test_eight_wrong_passwords_lock_the_address_for_a_while_and_say_until_when(person: User, client: Client) -> None:
    answers = [sign_in(client, password="wrong") for _ in range(8)]
    even_the_right_one = sign_in(client)

    assert [answer.status_code for answer in answers] == [200] * 7 + [429]
    assert even_the_right_one.status_code == 429
    assert "in 14 minutes" in even_the_right_one.text
    assert not is_signed_in(client)


def test_spelling_the_address_differently_gives_no_further_tries(person: User, client: Client) -> None:
    for spelling in ("sam@harbour.example", "SAM@harbour.example", "Sam@Harbour.Example", "sAm@harbour.example") * 2:
        answer = sign_in(client, email=spelling, password="wrong")

    assert answer.status_code == 429


@pytest.mark.parametrize("lookalike", ["\u017fam@harbour.example", "sam@harbour.example\u0000"])
def test_an_address_that_only_looks_like_theirs_opens_nothing(person: User, client: Client, lookalike: str) -> None:
    """Upper-casing makes an S of a long s: one address with many spellings would have as many times eight tries."""
    sign_in(client, email=lookalike)
    client.post(reverse("studio:forgotten"), {"email": lookalike})

    assert not is_signed_in(client)
    assert Delivery.objects.count() == 0


def test_eight_tries_are_what_a_whole_ipv6_network_has(person: User, client: Client) -> None:
    places = [f"2001:db8:1:2::{n:x}" for n in range(8)]
    answers = [client.post(SIGN_IN, WRONG, REMOTE_ADDR=place) for place in places]
    neighbour = client.post(SIGN_IN, WRONG, REMOTE_ADDR="2001:db8:1:3::1")

    assert [answer.status_code for answer in answers] == [200] * 7 + [429]
    assert "in 14 minutes" in answers[-1].text
    assert neighbour.status_code == 200


def test_the_end_of_the_pause_is_named_by_the_clinics_clock(person: User, client: Client) -> None:
    answers = [sign_in(client, password="wrong") for _ in range(8)]

    assert answers[-1].text.count(f" {database_now().astimezone(zone()):%Z}") == 1


def test_trying_during_the_pause_does_not_lengthen_it(person: User, client: Client) -> None:
    for _ in range(8):
        sign_in(client, password="wrong")
    AccessAttempt.objects.update(attempt_time=database_now() - timedelta(minutes=10))

    assert "in 4 minutes" in sign_in(client).text
    assert "in 4 minutes" in sign_in(client).text


def test_signing_out_takes_a_post(person: User, client: Client) -> None:
    sign_in(client)

    assert client.get(reverse("studio:sign_out")).status_code == 405
    assert is_signed_in(client)
    assert client.post(reverse("studio:sign_out")).headers["Location"] == SIGN_IN
    assert not is_signed_in(client)


def test_a_forgotten_password_is_answered_alike_for_known_and_unknown_addresses(
    installed: None, client: Client
) -> None:
    url = reverse("studio:forgotten")

    known = client.post(url, {"email": "sam@harbour.example"}, follow=True)
    unknown = client.post(url, {"email": "nobody@harbour.example"}, follow=True)

    assert known.content == unknown.content
    assert Delivery.objects.count() == 1


def test_asking_again_and_again_floods_nobodys_mailbox(installed: None) -> None:
    moment = database_now()
    for minute in range(30):
        team.send_password_link("sam@harbour.example", now=moment + timedelta(minutes=minute))

    assert Delivery.objects.count() == 5


def test_asking_twice_within_a_minute_sends_one_mail(installed: None, client: Client) -> None:
    moment = database_now()
    for _ in range(3):
        client.post(reverse("studio:forgotten"), {"email": "sam@harbour.example"})

    assert Delivery.objects.count() <= 1 + int(database_now().minute != moment.minute)


def test_the_mailed_link_changes_the_password_once_and_ends_old_sessions(
    installed: None, person: User, client: Client
) -> None:
    old_browser = Client()
    sign_in(old_browser)
    client.post(reverse("studio:forgotten"), {"email": "SAM@harbour.example"})
    [(address, mail)] = leaving()
    link = path_in(mail, "/studio/password/new/")

    form_url = client.get(link).headers["Location"]
    done = client.post(form_url, {"new_password1": NEW, "new_password2": NEW})

    assert address == person.email
    assert done.headers["Location"] == SIGN_IN
    assert not is_signed_in(old_browser)
    assert not is_signed_in(client)
    assert "This link is used up" in Client().get(link).text
    assert sign_in(client, password=NEW).status_code == 302
    assert AuditEvent.objects.filter(act="staff.password_changed", by=person).count() == 1


def test_the_link_stays_out_of_the_address_bar(installed: None, person: User, client: Client) -> None:
    client.post(reverse("studio:forgotten"), {"email": person.email})
    [(_, mail)] = leaving()
    link = path_in(mail, "/studio/password/new/")

    assert link.rsplit("/", 1)[1] not in client.get(link).headers["Location"]


def test_a_new_password_ends_the_pause_after_wrong_ones(installed: None, person: User, client: Client) -> None:
    for _ in range(8):
        sign_in(client, password="wrong")
    client.post(reverse("studio:forgotten"), {"email": person.email})
    [(_, mail)] = leaving()
    form_url = client.get(path_in(mail, "/studio/password/new/")).headers["Location"]
    client.post(form_url, {"new_password1": NEW, "new_password2": NEW})

    assert sign_in(client, password=NEW).status_code == 302


@pytest.mark.parametrize("weak", ["short", "password1234", "123456789012", "sam@harbour.example"])
def test_weak_passwords_are_refused(weak: str, person: User, client: Client) -> None:
    sign_in(client)
    typed = {"old_password": PASSWORD, "new_password1": weak, "new_password2": weak}

    page = client.post(reverse("studio:own_password"), typed)

    assert page.context["form"].errors
    assert User.objects.get(pk=person.pk).check_password(PASSWORD)


def test_changing_ones_own_password_keeps_this_browser_signed_in(person: User, client: Client) -> None:
    sign_in(client)
    typed = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}

    client.post(reverse("studio:own_password"), typed)

    assert is_signed_in(client)
    assert User.objects.get(pk=person.pk).check_password(NEW)


def test_one_can_change_ones_own_name(person: User, client: Client) -> None:
    sign_in(client)

    client.post(reverse("studio:account"), {"name": "Samantha Okafor"})

    assert User.objects.get(pk=person.pk).name == "Samantha Okafor"
