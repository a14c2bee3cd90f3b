"""Calls that took place, by the mail behind them; and who booked with the mails and without."""

from datetime import timedelta

import pytest

from booking import brought
from booking.brought import COUNTS_FOR
from booking.models import AppointmentState
from newsletter.models import Enrolment
from newsletter.sequences.report.difference import Share
from newsletter.sequences.report.periods import periods
from tests.factories import bookings, people
from tests.newsletter.sequences.course import DAY, NOW
from tests.newsletter.sequences.report.lived import FINISHED, HELD_OUT, booked, mailed, noted, two_versions, way

pytestmark = pytest.mark.django_db


def test_a_call_that_took_place_counts_for_the_mail_behind_it() -> None:
    made, first, second = two_versions()
    for state in AppointmentState:
        booked(mailed(way(first), 1), state=state)
    twice = way(second)
    for key in (1, 4):
        booked(mailed(twice, key), state=AppointmentState.ATTENDED)
    booked(mailed(way(second), 3))

    assert brought.attended(made) == {None: 2, 1: 2, 4: 1}
    assert brought.attended(made, first) == {None: 1, 1: 1}
    assert brought.attended(made, second) == {None: 1, 1: 1, 4: 1}
    ways = Enrolment.objects.filter(sequence=made)
    assert [ways.filter(brought.with_a_call(key)).count() for key in (None, 1, 4, 3)] == [2, 2, 1, 0]


def test_a_call_counts_for_nobody_who_is_held_out() -> None:
    made, _first, second = two_versions(holdout=10)
    booked(mailed(way(second, HELD_OUT), 1), state=AppointmentState.ATTENDED)

    assert brought.attended(made) == {None: 0}
    assert Enrolment.objects.filter(brought.with_a_call(None), sequence=made).count() == 0


def test_everybody_counts_once_by_how_they_came_in_first() -> None:
    made, _first, second = two_versions(holdout=10)
    (period,) = periods(made.versions.all())
    with_mails, without = way(second), way(second, HELD_OUT)
    again = way(second, lead=with_mails.lead, turn=1, enrolled_at=NOW)
    way(second, FINISHED)
    for one in (with_mails, without):
        noted(one.lead, at=one.enrolled_at + DAY)
        noted(one.lead, at=one.enrolled_at + 2 * DAY)

    found = brought.lift(made, period).booked
    assert (found.first, found.second) == (Share(1, 2), Share(1, 1))
    listed = brought.compared(Enrolment.objects.filter(sequence=made), period, is_held_out=False, has_booked=False)
    assert again not in listed


@pytest.mark.parametrize(
    ("after", "kind", "counts"),
    [
        (-DAY, "phone", 0),
        (timedelta(0), "phone", 0),
        (timedelta(microseconds=1), "phone", 1),
        (COUNTS_FOR - DAY, "direct", 1),
        (COUNTS_FOR, "direct", 0),
        (DAY, "patient", 0),
    ],
    ids=str,
)
def test_a_booking_within_ninety_days_of_coming_in_counts_on_both_sides(
    after: timedelta, kind: str, counts: int
) -> None:
    made, _first, second = two_versions(holdout=10)
    (period,) = periods(made.versions.all())
    for state in (FINISHED, HELD_OUT):
        one = way(second, state)
        noted(one.lead, kind, at=one.enrolled_at + after)

    found = brought.lift(made, period).booked
    assert (found.first, found.second) == (Share(counts, 1), Share(counts, 1))


def test_what_only_a_reader_of_mails_can_tell_us_is_not_compared() -> None:
    made, _first, second = two_versions(holdout=10)
    (period,) = periods(made.versions.all())
    by_a_link, by_the_diary = way(second), way(second)
    bookings.goal(by_a_link.lead, "phone", at=NOW)
    bookings.goal(by_the_diary.lead, at=NOW, appointment=bookings.appointment(by_the_diary.lead))

    assert brought.lift(made, period).booked.first == Share(1, 2)
    ways = Enrolment.objects.filter(sequence=made)
    assert list(brought.compared(ways, period, is_held_out=False, has_booked=True)) == [by_the_diary]


def test_only_who_came_in_while_people_were_held_out_is_compared() -> None:
    made, first, second = two_versions(holdout=10)
    (period,) = periods(made.versions.all())
    way(first)
    way(second, enrolled_at=first.published_at)
    mine = way(second)

    found = brought.lift(made, period).booked
    assert (found.first, found.second) == (Share(0, 1), Share(0, 0))
    ways = Enrolment.objects.filter(sequence=made)
    assert list(brought.compared(ways, period, is_held_out=False, has_booked=False)) == [mine]


def test_so_many_stand_behind_each_side_as_it_says() -> None:
    made, _first, second = two_versions(holdout=10)
    (period,) = periods(made.versions.all())
    ada = people.lead()
    way(second, HELD_OUT, lead=ada)
    way(second, lead=ada, turn=1)
    mailed(way(second, HELD_OUT), 1)
    for number in range(5):
        one = way(second, HELD_OUT if number < 2 else FINISHED)
        if number % 2:
            noted(one.lead)

    found = brought.lift(made, period).booked
    ways = Enrolment.objects.filter(sequence=made)
    behind = {
        (is_held_out, has_booked): brought.compared(
            ways, period, is_held_out=is_held_out, has_booked=has_booked
        ).count()
        for is_held_out in (False, True)
        for has_booked in (False, True)
    }
    assert behind == {
        (False, False): found.first.of,
        (False, True): found.first.count,
        (True, False): found.second.of,
        (True, True): found.second.count,
    }
    assert (found.first, found.second) == (Share(1, 3), Share(1, 3))
