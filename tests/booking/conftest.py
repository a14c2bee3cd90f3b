"""A clinic that takes calls on weekdays, and the mails about them."""

import pytest

from tests.booking import diary


@pytest.fixture
def clinic(db):
    """Calls Monday to Friday, 9 to 17 Toronto time, every 20 minutes, 4 hours ahead, for three weeks."""
    return diary.clinic_with_calls()


@pytest.fixture
def templates(db):
    """The mails about a call, thinly: what they say is tested where they are written."""
    diary.thin_mails()
