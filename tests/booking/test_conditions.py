import pytest

from tests.factories import bookings, people
from tests.leads.segments.fitting import fits, only

pytestmark = pytest.mark.django_db


def test_booked_is_any_booking_that_we_know_of():
    called, direct, never = people.lead(), people.lead(), people.lead()
    bookings.goal(called)
    bookings.goal(called)
    bookings.goal(direct, kind="direct")

    assert fits(only("booked")) == {called.pk, direct.pk}
    assert fits(only("booked", negated=True)) == {never.pk}


def test_a_call_is_asked_about_by_how_it_went():
    came, missed, both, never = people.lead(), people.lead(), people.lead(), people.lead()
    for lead, state in (
        (came, "attended"),
        (missed, "missed"),
        (both, "attended"),
        (both, "missed"),
        (never, "booked"),
    ):
        bookings.appointment(lead, state=state)

    assert fits(only("attended")) == {came.pk, both.pk}
    assert fits(only("missed")) == {missed.pk, both.pk}
    assert fits(only("attended", negated=True)) == {missed.pk, never.pk}
    assert fits(only("missed", negated=True)) == {came.pk, never.pk}
