"""What every test may ask for. Importing this starts the servers: conftests further down import models."""

import django
import pytest
from django.conf import settings

from tests import hermetic

SERVERS = hermetic.start()
django.setup()
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def database_url() -> str:
    """The server and its everyday database; tests themselves run in a database of their own beside it."""
    return SERVERS.database_url


@pytest.fixture(scope="session")
def redis_url() -> str:
    return SERVERS.redis_url
