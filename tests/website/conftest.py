"""What visitors' tests share: an open network, a clinic, the mails that a form brings about."""

import pytest
from django.core.cache import cache

from newsletter import tokens
from newsletter.models import EmailTemplate
from tests.factories import clinics, mail, people


@pytest.fixture(autouse=True)
def open_network():
    """Nobody has sent a form yet."""
    cache.clear()


@pytest.fixture
def clinic(db):
    for key in ("confirmation", "inquiry-answer"):
        if not EmailTemplate.objects.filter(key=key).exists():
            mail.variant(mail.email(kind="transactional", key=key, name=key))
    return clinics.clinic()


@pytest.fixture
def ada(clinic):
    """Somebody who agreed yesterday."""
    lead = people.lead("ada@mail.example")
    people.consent(lead)
    return lead


@pytest.fixture
def letter(ada):
    """A mail that reached Ada an hour ago."""
    return mail.delivery(ada, state=1)


@pytest.fixture
def token(letter):
    return tokens.sign(letter.pk)


@pytest.fixture
def test_token(ada):
    """The token of a test mail, which staff send themselves with somebody's links in it."""
    return tokens.sign(mail.delivery(ada, state=1, kind=8).pk)
