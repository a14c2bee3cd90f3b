import pytest

from accounts.models import AuditEvent, User
from newsletter.models import Enrolment
from newsletter.sequences import one, services
from newsletter.sequences.models import EnrolmentState, ExitReason
from newsletter.sequences.one import AlreadyHad, NoSuchStep, NotUnderWay
from studio.queries import timeline
from tests.factories import people
from tests.newsletter.sequences.course import (
    DAY,
    NOW,
    cancelled,
    enrolled,
    hand_over,
    open_course,
    planned,
    walk,
    walk_and_mail,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def by() -> User:
    return people.staff()


def begun(*waits: int) -> Enrolment:
    """Somebody who had the first mail."""
    open_course(*waits)
    way = enrolled()
    services.advance(NOW)
    hand_over(NOW)
    return way


def test_who_is_held_gets_nothing_until_they_go_on(by: User):
    way = begun(0, 2, 2)

    assert one.pause(way, by=by, reason="On holiday", now=NOW) == 0
    walk_and_mail(NOW + 9 * DAY)
    assert planned(way) == [1]

    one.resume(way, by=by, reason="Back again", now=NOW + 9 * DAY)
    walk_and_mail(NOW + 14 * DAY, start=NOW + 9 * DAY)
    assert planned(way) == [1, 2, 3]


def test_what_was_about_to_leave_is_taken_back_and_never_comes(by: User):
    open_course(0, 2)
    way = enrolled()
    services.advance(NOW)

    assert one.pause(way, by=by, reason="A death in the family", now=NOW) == 1

    one.resume(way, by=by, reason="Asked to", now=NOW + DAY)
    walk(NOW + 4 * DAY, start=NOW + DAY)
    assert (planned(way), cancelled(way)) == ([1, 2], [1])


def test_somebody_is_put_before_a_step_and_waits_for_it_from_then_on(by: User):
    way = begun(0, 2, 3, 4)

    one.move_to(way, 3, by=by, reason="Knows the rest", now=NOW + DAY)

    walk_and_mail(NOW + 4 * DAY, start=NOW + DAY)
    assert planned(way) == [1, 3]
    walk_and_mail(NOW + 8 * DAY, start=NOW + 4 * DAY)
    assert planned(way) == [1, 3, 4]


def test_nobody_is_put_before_a_mail_that_they_had_or_that_is_not_there(by: User):
    way = begun(0, 2)

    with pytest.raises(AlreadyHad):
        one.move_to(way, 1, by=by, reason="", now=NOW)
    with pytest.raises(NoSuchStep):
        one.move_to(way, 9, by=by, reason="", now=NOW)
    assert not AuditEvent.objects.filter(act="way.moved").exists()


def test_the_next_step_is_skipped_and_what_follows_waits_from_then_on(by: User):
    way = begun(0, 2, 3)

    one.skip(way, by=by, reason="Told on the phone", now=NOW + DAY)
    walk_and_mail(NOW + 9 * DAY, start=NOW + DAY)

    assert planned(way) == [1, 3]


def test_who_skips_the_last_step_has_finished(by: User):
    way = begun(0, 2)

    one.skip(way, by=by, reason="", now=NOW + DAY)

    way.refresh_from_db()
    assert (way.state, way.ended_at, way.due_at) == (EnrolmentState.FINISHED, NOW + DAY, None)
    with pytest.raises(NotUnderWay):
        one.skip(way, by=by, reason="", now=NOW + DAY)


def test_who_is_taken_out_leaves_this_sequence_with_what_is_planned(by: User):
    open_course(0, 2)
    way = enrolled()
    services.advance(NOW)

    one.take_out(way, by=by, reason="Asked for it", now=NOW)

    way.refresh_from_db()
    assert (way.state, way.exit_reason, cancelled(way)) == ("exited", ExitReason.STAFF, [1])
    with pytest.raises(NotUnderWay):
        one.pause(way, by=by, reason="", now=NOW)


def test_each_act_stands_on_the_persons_line_with_who_and_why(by: User):
    way = begun(0, 2, 3, 3)

    one.pause(way, by=by, reason="On  holiday", now=NOW)
    one.resume(way, by=by, reason="Back", now=NOW)
    one.move_to(way, 3, by=by, reason="Knows it", now=NOW)
    one.skip(way, by=by, reason="Told", now=NOW)
    one.take_out(way, by=by, reason="Asked", now=NOW)

    told = [(entry.what, entry.detail) for entry in reversed(timeline.of(way.lead)) if entry.by == by]
    assert told == [
        ("A sequence held for this person", "On holiday"),
        ("A sequence goes on for this person", "Back"),
        ("Put before another step by staff", "Knows it"),
        ("Next step skipped by staff", "Told"),
        ("Taken out of a sequence by staff", "Asked"),
    ]
