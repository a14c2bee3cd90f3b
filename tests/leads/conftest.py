"""A clinic, the two mails that leads bring about, and an ear for what leads announce."""

from datetime import UTC, datetime

import pytest

from leads import signals
from newsletter.models import EmailTemplate
from tests.factories import clinics, mail

NOW = datetime(2026, 5, 4, 14, 30, tzinfo=UTC)


@pytest.fixture
def clinic(db):
    return clinics.clinic()


@pytest.fixture(autouse=True)
def templates(request):
    """The mails that a sign-up and a question are answered with, thinly: their words are tested elsewhere."""
    if "db" not in request.fixturenames and not request.node.get_closest_marker("django_db"):
        return
    request.getfixturevalue("transactional_db" if _is_transactional(request) else "db")
    for key in ("confirmation", "inquiry-answer"):
        if not EmailTemplate.objects.filter(key=key).exists():
            mail.variant(mail.email(kind="transactional", key=key, name=key))


@pytest.fixture
def heard():
    """The names of the facts that leads announced, in order."""
    names = []
    ears = []
    for name in ("consent_requested", "consent_granted", "consent_withdrawn", "inquiry_received", "lead_erased"):

        def ear(sender, name=name, **fact):
            names.append(name)

        ears.append((name, ear))
        getattr(signals, name).connect(ear)
    yield names
    for name, ear in ears:
        getattr(signals, name).disconnect(ear)


def _is_transactional(request) -> bool:
    marker = request.node.get_closest_marker("django_db")
    return bool(marker and marker.kwargs.get("transaction"))
