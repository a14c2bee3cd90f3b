from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from accounts import access
from accounts.models import Role
from studio import rooms
from studio.urls import urlpatterns
from tests.factories.people import staff

OPEN = {"sign_in", "sign_out", "forgotten", "forgotten_done", "new_password", "welcome"}


def views() -> Iterator[URLPattern]:
    return (pattern for pattern in urlpatterns if isinstance(pattern, URLPattern))


def act_of(pattern: URLPattern) -> str:
    return getattr(pattern.callback, "act", "")


def answers_in_json(pattern: URLPattern) -> bool:
    return getattr(pattern.callback, "answers_in_json", False)


def address(pattern: URLPattern) -> str:
    filled = dict.fromkeys(pattern.pattern.converters, 1) | ({"rest": "x"} if pattern.name == "missing" else {})
    return reverse(f"studio:{pattern.name}", kwargs=filled)


PAGES = [pattern for pattern in views() if pattern.name not in OPEN and not answers_in_json(pattern)]
SCRIPTED = [pattern for pattern in views() if answers_in_json(pattern)]


def test_every_address_of_the_studio_says_who_may_use_it() -> None:
    silent = {pattern.name for pattern in views() if not act_of(pattern)}

    assert silent == set()


def test_only_these_addresses_are_open_to_people_who_are_not_signed_in() -> None:
    opened = {pattern.name for pattern in views() if act_of(pattern) == access.EVERYONE}

    assert opened == OPEN
    assert {pattern.name for pattern in views() if not getattr(pattern.callback, "login_required", True)} == {
        *OPEN,
        *(pattern.name for pattern in views() if answers_in_json(pattern)),
    }


def test_the_studio_has_no_nested_addresses_that_this_test_would_miss() -> None:
    assert [pattern for pattern in urlpatterns if not isinstance(pattern, URLPattern)] == []


@pytest.mark.django_db
@pytest.mark.parametrize("pattern", PAGES, ids=lambda pattern: pattern.name)
def test_whoever_is_not_signed_in_is_asked_to(pattern: URLPattern, client: Client) -> None:
    url = address(pattern)

    assert client.get(url).headers["Location"].startswith(reverse("studio:sign_in"))
    assert client.post(url).headers["Location"].startswith(reverse("studio:sign_in"))


@pytest.mark.django_db
@pytest.mark.parametrize("pattern", SCRIPTED, ids=lambda pattern: pattern.name)
def test_a_script_is_told_that_nobody_is_signed_in_and_that_somebody_may_not(
    pattern: URLPattern, client: Client
) -> None:
    url = address(pattern)
    answers = [client.get(url), client.post(url)]
    client.force_login(staff(Role.FRONT_DESK, is_active=False), backend="django.contrib.auth.backends.ModelBackend")

    assert [(answer.status_code, list(answer.json())) for answer in answers] == [(401, ["why"])] * 2
    assert client.post(url).status_code == 401


def test_an_act_that_is_not_listed_cannot_be_asked_for() -> None:
    with pytest.raises(KeyError):
        access.may("paint_the_walls")


def test_an_act_asked_for_is_an_act_that_somebody_has() -> None:
    acts = {act_of(pattern) for pattern in views()} - {access.EVERYONE}

    assert acts <= set(access.ACTS)


def test_owners_may_do_everything() -> None:
    assert {act for act, roles in access.ACTS.items() if Role.OWNER not in roles} == set()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "expected"), [(Role.OWNER, 200), (Role.MANAGER, 200), (Role.PRACTITIONER, 403), (Role.FRONT_DESK, 403)]
)
def test_the_team_is_for_owners_and_managers(role: Role, expected: int, client: Client) -> None:
    client.force_login(staff(role), backend="django.contrib.auth.backends.ModelBackend")

    assert client.get(reverse("studio:team")).status_code == expected


@pytest.mark.django_db
def test_somebody_who_left_is_signed_out(client: Client) -> None:
    person = staff(Role.OWNER)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    person.is_active = False
    person.save()

    assert client.get(reverse("studio:dashboard")).headers["Location"].startswith(reverse("studio:sign_in"))


@pytest.mark.django_db
def test_the_rooms_of_the_navigation_are_those_that_the_role_may_enter(client: Client) -> None:
    client.force_login(staff(Role.FRONT_DESK), backend="django.contrib.auth.backends.ModelBackend")

    page = client.get(reverse("studio:dashboard"))
    doors = {door.url for _, group in page.context["shell"].doors for door in group}

    assert doors == {
        reverse(f"studio:{room.url_name}")
        for _, group in rooms.GROUPS
        for room in group
        if room.act != "manage_team" and not room.demo_only
    }
