"""The page about other programs: keys are made, shown once, and revoked, by owners alone."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts import keys
from accounts.models import ApiKey, Role, User
from clinic.clock import database_now
from tests.factories.people import staff

PAGE = "/studio/setup/programs"
SECRET = re.compile(r'value="(meridian_[\w-]{43})"')


def make(studio: Client, name: str = "The booking system") -> str:
    """The key, as the answer shows it."""
    found = SECRET.search(studio.post(PAGE, {"name": name}).text)
    assert found is not None
    return found[1]


def test_a_key_is_shown_once_and_works(studio: Client, owner: User) -> None:
    secret = make(studio)

    key = keys.holder(secret)
    assert key is not None
    assert (key.name, key.created_by, key.ends_in) == ("The booking system", owner, secret[-4:])
    page = studio.get(PAGE).text
    assert "The booking system" in page
    assert secret not in page


def test_what_shows_a_key_is_kept_by_nobody(studio: Client) -> None:
    answer = studio.post(PAGE, {"name": "The booking system"})

    assert "no-store" in answer.headers["Cache-Control"]


def test_a_key_without_a_name_is_not_made(studio: Client) -> None:
    assert "Write which program the key is for." in studio.post(PAGE, {"name": " "}).text
    assert ApiKey.objects.count() == 0


def test_a_revoked_key_opens_nothing_and_stays_on_the_page(studio: Client) -> None:
    secret = make(studio)
    revoke = reverse("studio:program_revoke", args=[ApiKey.objects.get().pk])

    asked = studio.get(revoke).text
    studio.post(revoke)

    assert "Revoke the key of The booking system?" in asked
    assert keys.holder(secret) is None
    assert "revoked" in studio.get(PAGE).text
    assert studio.post(revoke).status_code == 404


@pytest.mark.parametrize("role", [Role.MANAGER, Role.PRACTITIONER, Role.FRONT_DESK])
def test_only_owners_have_to_do_with_keys(owner: User, client: Client, role: Role) -> None:
    key, _secret = keys.make("The booking system", by=owner, now=database_now())
    client.force_login(staff(role), backend="django.contrib.auth.backends.ModelBackend")

    answers = [
        client.get(PAGE),
        client.post(PAGE, {"name": "Mine"}),
        client.post(reverse("studio:program_revoke", args=[key.pk])),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert PAGE not in client.get("/studio/setup").text
    assert list(ApiKey.objects.values_list("name", "revoked_at")) == [("The booking system", None)]


def test_the_setup_leads_owners_there(studio: Client) -> None:
    assert f'href="{PAGE}"' in studio.get("/studio/setup").text


@pytest.mark.parametrize("count", [1, 3])
def test_more_keys_are_no_more_questions(studio: Client, owner: User, count: int, django_assert_num_queries) -> None:
    for number in range(count):
        keys.make(f"Program {number}", by=owner, now=database_now())

    with django_assert_num_queries(11):
        studio.get(PAGE)
