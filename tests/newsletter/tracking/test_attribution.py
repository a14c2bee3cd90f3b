from datetime import UTC, datetime, timedelta

import pytest

from newsletter.tracking import attribution
from tests.factories import mail, people

pytestmark = pytest.mark.django_db
NOW = datetime(2027, 1, 5, 15, tzinfo=UTC)
DAY = timedelta(days=1)


def test_the_last_click_by_a_person_gets_the_credit():
    reader = people.lead()
    first, last, scanned = (mail.delivery(reader, state=1) for _ in range(3))
    mail.click(last, at=NOW - DAY)
    mail.click(first, at=NOW - 2 * DAY)
    mail.click(scanned, at=NOW, label="scanner")
    mail.click(scanned, at=NOW, label="unknown")
    mail.click(mail.delivery(people.lead(), state=1), at=NOW)

    assert attribution.credit(reader.pk, at=NOW) == last.pk


def test_a_click_after_the_booking_gets_none():
    reader = people.lead()
    mail.click(mail.delivery(reader, state=1), at=NOW + DAY)

    assert attribution.credit(reader.pk, at=NOW) is None


def test_credit_ends_after_ninety_days():
    reader = people.lead()
    letter = mail.delivery(reader, state=1)
    mail.click(letter, at=NOW)

    assert attribution.credit(reader.pk, at=NOW + 90 * DAY - timedelta(seconds=1)) == letter.pk
    assert attribution.credit(reader.pk, at=NOW + 90 * DAY) is None
