"""A clinic that takes calls on weekdays, and the mails about them."""

from datetime import time

import pytest

from booking.notices import TEMPLATES
from newsletter.models import EmailTemplate
from tests.factories import clinics, mail


@pytest.fixture
def clinic(db):
    """Calls Monday to Friday, 9 to 17 Toronto time, every 20 minutes, 4 hours ahead, for three weeks."""
    profile = clinics.clinic(call_buffer_minutes=5, call_notice_hours=4, call_horizon_days=21)
    for weekday in range(5):
        clinics.hours(weekday, time(9), time(17))
    return profile


@pytest.fixture
def templates(db):
    """The mails about a call, thinly: what they say is tested where they are written."""
    known = set(EmailTemplate.objects.values_list("key", flat=True))
    for key in set(TEMPLATES.values()) - known:
        mail.variant(mail.email(kind="transactional", key=key, name=key, subject="Your call"))
