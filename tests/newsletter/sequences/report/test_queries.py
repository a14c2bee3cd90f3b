"""The figures of ways that were written down by hand, by version and together."""

from datetime import timedelta

import pytest

from newsletter.deliveries.models import State
from newsletter.models import Delivery, Enrolment, Outcome, Sequence, SequenceVersion
from newsletter.sequences.models import ExitReason
from newsletter.sequences.report import people as people_of
from newsletter.sequences.report import queries
from newsletter.sequences.report.people import Point, Wanted
from newsletter.sequences.report.queries import Brought, Span
from tests.factories import mail, people
from tests.newsletter.sequences.course import DAY, MINUTE, NOW
from tests.newsletter.sequences.report.lived import (
    ACTIVE,
    FINISHED,
    HELD_OUT,
    LEFT,
    PAUSED,
    booked,
    mailed,
    two_versions,
    way,
)

pytestmark = pytest.mark.django_db
Lived = tuple[Sequence, SequenceVersion, SequenceVersion]


@pytest.fixture
def lived() -> Lived:
    """Three in the first version, three in the second and one held out there; somebody in another sequence."""
    made, first, second = two_versions(holdout=10)
    ada = way(first, FINISHED, last_key=3, next_position=3)
    for key in (1, 2, 3):
        mailed(ada, key, after=key * DAY)
    ben = way(first, LEFT, exit_reason=ExitReason.BOOKED, last_key=2, next_position=2)
    mailed(ben, 1)
    mail.click(mailed(ben, 2, after=2 * DAY))
    way(first, LEFT, exit_reason=ExitReason.UNSUBSCRIBED)
    cleo = way(second, next_position=2, last_key=1)
    mail.click(mailed(cleo, 1))
    way(second, PAUSED, next_position=2, last_key=1)
    dora = way(second, next_position=3, last_key=2, enrolled_at=first.published_at, due_at=NOW)
    mailed(dora, 1)
    mailed(dora, 2, after=DAY)
    way(second, HELD_OUT)
    mail.enrolment(people.lead())
    return made, first, second


def stands(sequence: Sequence, version: SequenceVersion | None = None) -> tuple[int, ...]:
    found = queries.count(sequence, [version] if version else [], now=NOW).course()
    assert found.entered == found.under_way + found.paused + found.finished + found.left
    return found.entered, found.under_way, found.paused, found.finished, found.left, found.held_out


def test_everybody_who_entered_is_in_one_place_and_the_held_out_are_in_none(lived: Lived) -> None:
    made, first, second = lived

    assert stands(made) == (6, 2, 1, 1, 2, 1)
    assert stands(made, first) == (3, 0, 0, 1, 2, 0)
    assert stands(made, second) == (3, 2, 1, 0, 0, 1)


def test_versions_counted_together_are_told_apart_afterwards(lived: Lived) -> None:
    made, first, second = lived
    together = queries.count(made, [first, second], now=NOW)

    for version in (first, second):
        assert together.course(version) == queries.count(made, [version], now=NOW).course()
    assert together.course() == queries.count(made, now=NOW).course()


def test_what_each_mail_led_to_by_version_and_summed_over_them(lived: Lived) -> None:
    made, first, second = lived
    counted = queries.count(made, now=NOW)

    assert counted.course(first).mails == {
        1: Brought(planned=2, mailed=2),
        2: Brought(planned=2, mailed=2, clicked=1),
        3: Brought(planned=1, mailed=1),
    }
    assert counted.course(second).mails == {1: Brought(planned=2, mailed=2, clicked=1), 2: Brought(1, 1)}
    assert counted.course().mails == {
        1: Brought(planned=4, mailed=4, clicked=1),
        2: Brought(planned=3, mailed=3, clicked=1),
        3: Brought(planned=1, mailed=1),
    }
    assert (counted.course().clicked, counted.course().mailed) == (2, 8)


def test_who_was_moved_counts_where_they_are(lived: Lived) -> None:
    made, first, second = lived
    counted = queries.count(made, now=NOW)

    assert (counted.course(first).moved, counted.course(second).moved) == (0, 1)


def test_where_they_wait_is_told_with_when_they_are_due(lived: Lived) -> None:
    made, _first, _second = lived

    places = [
        (some.state, some.place, some.ways, some.last_due_at, some.overdue)
        for some in queries.count(made, now=NOW).alike
        if some.place is not None
    ]
    assert places == [
        (ACTIVE, 3, 1, NOW, 1),
        (ACTIVE, 4, 1, NOW + DAY, 0),
        (PAUSED, 4, 1, NOW + DAY, 0),
    ]


def test_who_left_is_told_with_the_reason_and_the_mail_they_had_last(lived: Lived) -> None:
    made, _first, _second = lived

    left = [(some.reason, some.after, some.ways) for some in queries.count(made, now=NOW).alike if some.state == LEFT]
    assert left == [("booked", 2, 1), ("unsubscribed", None, 1)]


def test_mailed_is_what_left_or_may_have_left() -> None:
    made, first, _second = two_versions()
    for state in (*State, None):
        mailed(way(first), 1, state=state)

    found = queries.count(made, now=NOW).course().mails
    assert found == {1: Brought(planned=len(State) + 1, mailed=2, too_late=1)}
    late = people_of.at(people_of.ways(made), Wanted(Point.TOO_LATE, 1)).values_list("pk", flat=True)
    expired = Outcome.objects.filter(state=State.EXPIRED).values("pk")
    assert list(late) == list(Delivery.objects.filter(pk__in=expired).values_list("owner", flat=True))


def test_a_mail_that_gave_up_its_name_is_of_no_step() -> None:
    made, first, _second = two_versions()
    one = way(first)
    given_up = mailed(one, 1, state=State.CANCELLED)
    Delivery.objects.filter(pk=given_up.pk).update(item=-given_up.pk)
    mailed(one, 1)

    assert queries.count(made, now=NOW).course().mails == {1: Brought(planned=1, mailed=1)}


def test_only_people_click() -> None:
    made, first, _second = two_versions()
    for label in ("scanner", "unknown"):
        mail.click(mailed(way(first), 1), label=label)
    twice = way(first)
    for key in (1, 2):
        letter = mailed(twice, key)
        mail.click(letter)
        mail.click(letter)

    found = queries.count(made, now=NOW).course()
    assert {key: one.clicked for key, one in found.mails.items()} == {1: 1, 2: 1}
    assert found.clicked == 1


def test_a_booking_counts_for_the_mail_that_it_is_credited_to() -> None:
    made, first, _second = two_versions()
    one = way(first)
    mailed(one, 1)
    booked(mailed(one, 2))

    found = queries.count(made, now=NOW).course()
    assert ({key: one.booked for key, one in found.mails.items()}, found.booked) == ({1: 0, 2: 1}, 1)


def test_mails_that_somebody_held_out_took_over_from_another_led_to_nothing() -> None:
    made, _first, second = two_versions(holdout=10)
    letter = mailed(way(second, HELD_OUT), 1)
    mail.click(letter)
    booked(letter)

    found = queries.count(made, now=NOW).course()
    assert (found.entered, found.clicked, found.booked, found.mails) == (0, 0, 0, {})
    assert (found.mailed, queries.spans(made)) == (0, {})
    ways = people_of.ways(made)
    points = (Point.MAILED, Point.NOT_MAILED, Point.CLICKED, Point.BOOKED)
    assert [people_of.at(ways, Wanted(point)).count() for point in points] == [0, 0, 0, 0]


def test_who_came_in_twice_is_two_ways_and_one_person() -> None:
    made, first, second = two_versions()
    ada = people.lead()
    way(first, FINISHED, lead=ada)
    way(second, lead=ada, turn=1)
    way(second, HELD_OUT)
    counted = queries.count(made, now=NOW)

    assert (counted.course().entered, counted.course().people, counted.course().held_out_people) == (2, 1, 1)
    assert [counted.course(one).people for one in (first, second)] == [1, 1]


def test_an_erased_person_stays_in_the_figures() -> None:
    made, first, _second = two_versions()
    gone = way(first, LEFT, exit_reason=ExitReason.ERASED, last_key=1)
    mailed(gone, 1)
    Enrolment.objects.filter(pk=gone.pk).update(consent=None)

    found = queries.count(made, now=NOW).course()
    assert (found.entered, found.left, found.mails[1].mailed) == (1, 1, 1)


def test_the_time_to_a_mail_is_counted_from_the_one_before_it() -> None:
    made, first, second = two_versions()
    for hours in (1, 2, 3, 4, 5):
        one = way(first)
        mailed(one, 1, after=hours * MINUTE)
        mailed(one, 2, after=hours * MINUTE, state=State.REFUSED)
        mailed(one, 3, after=hours * MINUTE + hours * DAY)
    mailed(way(second), 1, after=9 * DAY)

    assert queries.spans(made, first) == {
        1: Span(5, 2 * MINUTE, 3 * MINUTE, 4 * MINUTE),
        3: Span(5, 2 * DAY, 3 * DAY, 4 * DAY),
    }
    assert queries.spans(made, second) == {1: Span(1, 9 * DAY, 9 * DAY, 9 * DAY)}
    assert queries.spans(made)[1].ways == 6


def test_what_left_before_the_way_began_tells_no_time() -> None:
    made, first, _second = two_versions()
    one = way(first)
    mailed(one, 1, after=-DAY)
    mailed(one, 3, after=DAY)

    assert queries.spans(made) == {3: Span(1, 2 * DAY, 2 * DAY, 2 * DAY)}


def test_of_many_ways_an_even_share_tells_the_time() -> None:
    made, first, _second = two_versions()
    several = [way(first) for _ in range(4)]
    for one in several:
        mailed(one, 1, after=timedelta(minutes=one.pk))

    even = sorted(one.pk for one in several if one.pk % 2 == 0)
    assert queries.spans(made, every=2)[1].half == timedelta(minutes=sum(even) / 2)


def test_figures_cost_as_many_questions_for_many_as_for_one(django_assert_num_queries) -> None:
    made, first, second = two_versions()
    for _ in range(2):
        for version in (first, second):
            mail.click(mailed(way(version), 1))
        with django_assert_num_queries(4):
            queries.count(made, now=NOW)
