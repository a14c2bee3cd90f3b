"""Erasing a person gives their calls back and forgets their numbers."""

from datetime import timedelta

import pytest

from booking import queries, receivers, services
from leads.privacy import services as privacy
from tests.booking.diary import FRIDAY, NOW, THURSDAY, planned, visitor, wanted
from tests.factories import people

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clinic", "templates")]


def test_an_erased_persons_calls_are_given_back_in_silence():
    past = services.book(visitor(), wanted=wanted(THURSDAY), now=NOW)
    to_come = services.book(visitor(), wanted=wanted(FRIDAY), now=NOW)
    services.record_outcome(past, state="attended", by=people.staff(), now=THURSDAY)
    now = THURSDAY + timedelta(hours=1)

    privacy.erase(to_come.lead, by=people.staff(), now=now)

    past.refresh_from_db()
    to_come.refresh_from_db()
    assert (past.state, past.phone) == ("attended", "")
    assert (to_come.state, to_come.phone, to_come.time_zone) == ("cancelled", "", "UTC")
    assert planned(to_come) == {}
    assert FRIDAY in queries.open_slots(now=now)
    assert receivers
