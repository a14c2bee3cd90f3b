"""A program with a key, and what it asks."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts import keys
from accounts.models import ApiKey, Role
from clinic.clock import database_now
from newsletter.models import Sequence
from tests.factories import clinics, people
from tests.newsletter.sequences import ways
from tests.newsletter.sequences.plans import email


@pytest.fixture(autouse=True)
def nobody_has_asked_yet() -> None:
    cache.clear()


@pytest.fixture
def made(db) -> tuple[ApiKey, str]:
    clinics.clinic()
    return keys.make("The booking system", by=people.staff(Role.OWNER), now=database_now())


@pytest.fixture
def program(made: tuple[ApiKey, str]) -> Client:
    """Whoever has the key."""
    return Client(headers={"Authorization": f"Bearer {made[1]}"})


@pytest.fixture
def knee(made: tuple[ApiKey, str]) -> Sequence:
    """A sequence of one mail, once ever."""
    return ways.sequence(email(1, 1))


@pytest.fixture
def ask(program: Client, knee: Sequence) -> Callable[..., Any]:
    """Ask for a way to begin, or to end."""

    def asked(act: str = "enrolments", **who: Any) -> Any:
        return program.post(f"/api/v1/sequences/{knee.key}/{act}", json.dumps(who), content_type="application/json")

    return asked
