"""A browser in which somebody of the staff is signed in."""

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import Role, User
from leads.models import Lead
from newsletter.models import Campaign
from tests.factories import people
from tests.factories.clinics import clinic
from tests.factories.people import staff
from tests.studio.campaigns import campaign


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    """What a page kept for some minutes, since it took long, is of another test's people."""
    cache.clear()


@pytest.fixture
def owner(db) -> User:
    clinic()
    return staff(Role.OWNER, name="Dana Reyes", email="dana@harbour.example")


@pytest.fixture
def studio(owner: User, client: Client) -> Client:
    """The studio, as the owner sees it."""
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def draft(owner: User) -> Campaign:
    """A campaign that is fit to go."""
    return campaign(owner)


@pytest.fixture
def readers(owner: User) -> list[Lead]:
    """Three people who agreed."""
    return [people.consent().lead for _ in range(3)]
