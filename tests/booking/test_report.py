"""What the diary adds to the reports."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from booking import queries, report
from booking.report import Tally, Yield
from tests.factories import bookings, mail, people

pytestmark = pytest.mark.django_db

TORONTO = ZoneInfo("America/Toronto")
SINCE = datetime(2026, 9, 28, 4, tzinfo=UTC)
UNTIL = datetime(2026, 10, 12, 4, tzinfo=UTC)


@pytest.fixture
def goals():
    """Two weeks: a credited call attended, a credited call cancelled, one from nowhere, and one by phone."""
    ana, ben = people.lead(), people.lead()
    delivery = mail.delivery(ana, state=1)
    states = {"attended": delivery.pk, "cancelled": delivery.pk, "booked": None}
    for day, (state, delivery_id) in enumerate(states.items()):
        at = datetime(2026, 9, 29 + day % 2, 15, tzinfo=UTC)
        call = bookings.appointment(ana, starts_at=at + timedelta(days=day), state=state)
        bookings.goal(ana, at=at, appointment=call, credited_delivery_id=delivery_id)
    bookings.goal(ben, "phone", at=datetime(2026, 10, 5, 3, 59, tzinfo=UTC))
    bookings.goal(ben, "direct", at=datetime(2026, 10, 5, 4, tzinfo=UTC), credited_delivery_id=delivery.pk)
    bookings.goal(ben, "direct", at=UNTIL)
    return delivery


def test_goals_are_told_by_local_week_and_kind_and_cancelled_ones_apart(goals):
    assert report.goals_by_week(SINCE, UNTIL, zone=TORONTO) == [
        Tally(date(2026, 9, 28), "free_call", reached=3, kept=2, credited=1),
        Tally(date(2026, 9, 28), "phone", reached=1, kept=1, credited=0),
        Tally(date(2026, 10, 5), "direct", reached=1, kept=1, credited=1),
    ]


def test_what_came_of_it_all_is_one_line(goals):
    assert report.goal_yield(SINCE, UNTIL) == Yield(reached=5, kept=4, credited=2, attended=1)
    assert report.goal_yield(SINCE, SINCE) == Yield(reached=0, kept=0, credited=0, attended=0)


def test_credit_is_counted_by_delivery_and_cancelled_calls_earn_none(goals):
    assert report.credit_counts([goals.pk, goals.pk + 1]) == {goals.pk: 2}
    assert report.credit_counts([]) == {}


def test_credited_goals_come_with_their_people_and_calls(goals, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = [(goal.kind, str(goal.lead), goal.appointment) for goal in report.credited_goals(SINCE, UNTIL)]

    assert [kind for kind, _, _ in found] == ["direct", "free_call", "free_call"]


def test_every_outcome_is_named_even_at_none(goals):
    assert report.outcomes(SINCE, UNTIL) == {
        "booked": 1,
        "cancelled": 1,
        "attended": 1,
        "missed": 0,
        "not_suitable": 0,
    }


@pytest.mark.parametrize("count", [1, 3])
def test_the_studios_lists_take_one_query_each(count, django_assert_num_queries):
    now = datetime(2026, 10, 5, 12, tzinfo=UTC)
    for hours in range(1, count + 1):
        bookings.appointment(starts_at=now + timedelta(hours=hours))
        bookings.appointment(starts_at=now - timedelta(hours=hours))
        bookings.appointment(starts_at=now - timedelta(hours=hours, minutes=30), state="attended")

    with django_assert_num_queries(3):
        upcoming = [str(call.lead) for call in queries.upcoming(now=now)]
        without_outcome = [str(call.lead) for call in queries.without_outcome(now=now)]
        past = [str(call.lead) for call in queries.past(now=now)]

    assert (len(upcoming), len(without_outcome), len(past)) == (count, count, 2 * count)
