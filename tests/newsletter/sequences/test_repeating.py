"""Who comes through a sequence again does not get the same mail again so soon, unless staff want it so."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from newsletter.deliveries import services as deliveries
from newsletter.deliveries.models import Kind
from newsletter.models import Enrolment, Sequence
from newsletter.sequences import repeating, services
from newsletter.sequences.models import ExitReason
from newsletter.sequences.plan.document import Again, TriggerKind
from tests.factories import people
from tests.newsletter.sequences import plans
from tests.newsletter.sequences.course import hand_over, planned
from tests.newsletter.sequences.plans import email, pause
from tests.newsletter.sequences.ways import DAY, NOW, begun, ending, publish, sequence, tick, trigger

pytestmark = pytest.mark.django_db
HALF_A_YEAR = timedelta(days=180)
SOON = NOW + 20 * DAY


def comes_again(*steps: Any, **rules: Any) -> Sequence:
    return sequence(*steps, again=Again.DAYS, again_days=10, **rules)


def once_through(of: Sequence, *, occasion: int = 0) -> Enrolment:
    """Somebody who has got its first mail, and left."""
    way = begun(of, occasion=occasion)
    tick(NOW)
    hand_over(NOW)
    services.leave(way.lead, reason=ExitReason.STAFF, now=NOW)
    return way


def pass_days(first: int, last: int) -> None:
    for day in range(first, last + 1):
        tick(NOW + day * DAY)
        hand_over(NOW + day * DAY)


def test_what_they_had_is_passed_and_what_follows_keeps_its_distance():
    knee = comes_again(email(1), email(2, 2), email(3, 2))
    again = begun(knee, once_through(knee).lead, now=SOON)

    tick(SOON)
    again.refresh_from_db()
    assert (planned(again), again.next_position, again.due_at) == ([], 1, SOON + 2 * DAY)
    pass_days(21, 25)

    assert (planned(again), ending(again)) == ([2, 3], ("finished", ""))


def test_who_had_every_mail_comes_to_the_end_without_one():
    knee = comes_again(email(1), pause(2, days=1))
    again = begun(knee, once_through(knee).lead, now=SOON)

    pass_days(20, 22)

    assert (planned(again), ending(again)) == ([], ("finished", ""))


@pytest.mark.parametrize(("moment", "comes"), [(HALF_A_YEAR - timedelta(microseconds=1), False), (HALF_A_YEAR, True)])
def test_half_a_year_later_it_comes_again(moment, comes):
    knee = comes_again(email(1))
    again = begun(knee, once_through(knee).lead, now=NOW + moment)

    tick(NOW + moment)

    assert planned(again) == ([1] if comes else [])


@pytest.mark.parametrize(
    "rules",
    [
        {"again": Again.DAYS, "again_days": 10, "again_repeats": True},
        {"again": Again.OCCASION, **trigger(TriggerKind.BOOKED)},
    ],
)
def test_it_comes_again_where_staff_want_it_so_and_where_each_way_is_about_something_else(rules):
    knee = sequence(email(1), **rules)
    again = begun(knee, once_through(knee).lead, now=SOON, occasion=7)

    tick(SOON)

    assert planned(again) == [1]


def test_a_mail_that_never_left_was_not_had():
    knee = comes_again(email(1))
    first = begun(knee)
    tick(NOW)
    deliveries.cancel(kind=Kind.STEP, owner=first.pk, reason="a test", now=NOW)
    again = begun(knee, first.lead, now=SOON)

    tick(SOON)

    assert planned(again) == [1]


def test_a_mail_that_is_still_to_leave_was():
    knee = comes_again(email(1))
    first = begun(knee)
    tick(NOW)
    again = begun(knee, first.lead, now=SOON)

    tick(SOON)

    assert (planned(again), ending(again)) == ([], ("finished", ""))


@pytest.mark.parametrize(("first", "second"), [(0, 7), (7, 0), (7, 8)])
def test_a_way_of_another_occasion_counts_too_and_another_sequence_does_not(first, second):
    knee, other = comes_again(email(1)), comes_again(email(1), key="other")
    lead = once_through(knee, occasion=first).lead
    again, elsewhere = begun(knee, lead, now=SOON, occasion=second), begun(other, lead, now=SOON, occasion=second)

    tick(SOON)

    assert (planned(again), planned(elsewhere)) == ([], [1])


def test_whoever_hurries_a_mail_that_they_had_brings_the_next_one():
    knee = comes_again(email(1), email(2, 5), email(3, 5))
    again = begun(knee, once_through(knee).lead, now=SOON)

    services.bring_forward(again, by=people.staff(), now=SOON)

    assert planned(again) == [2]


def test_nobody_is_asked_about_where_every_mail_may_come_again_and_else_all_at_once():
    knee = comes_again(email(1))
    begun(knee)
    with CaptureQueriesContext(connection) as asked:
        services.advance(NOW)
    for _ in range(3):
        begun(knee, now=NOW)
    publish(knee, plans.plan(email(1), again=Again.NEVER))
    with CaptureQueriesContext(connection) as asked_about_many:
        services.advance(NOW)
    lead = begun(knee, now=SOON).lead
    with CaptureQueriesContext(connection) as not_asked:
        services.advance(SOON)

    found = [sum("before.sequence_id" in one["sql"] for one in each) for each in (asked, asked_about_many, not_asked)]
    assert found == [1, 1, 0]
    assert repeating.had_before(knee.pk, [lead.pk], SOON) == {lead.pk: {1: SOON + HALF_A_YEAR}}
