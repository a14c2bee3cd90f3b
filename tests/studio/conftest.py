"""A browser in which somebody of the staff is signed in."""

import pytest
from django.test import Client

from accounts.models import Role, User
from tests.factories.clinics import clinic
from tests.factories.people import staff


@pytest.fixture
def owner(db) -> User:
    clinic()
    return staff(Role.OWNER, name="Gabriella Sahyoun", email="gabriella@harbour.example")


@pytest.fixture
def studio(owner: User, client: Client) -> Client:
    """The studio, as the owner sees it."""
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    return client
