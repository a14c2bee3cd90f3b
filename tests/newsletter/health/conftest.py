import pytest

from accounts.models import User
from tests.factories import people


@pytest.fixture
def owner(db) -> User:
    return people.staff()
