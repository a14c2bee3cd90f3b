"""A sequence that is paused keeps its mails for weeks: what ends them otherwise ends them then, too."""

import pytest
from django.db import connection

from booking import goals as bookings
from booking.models import GoalKind
from leads.tags import services as tags
from newsletter.deliveries.models import Chunk, Kind, Lane, Later, Outcome, State, Uncertain
from newsletter.models import Delivery, Enrolment, Sequence
from newsletter.sequences import ending as endings
from newsletter.sequences import last_mail, publishing, services
from newsletter.sequences.plan.document import EventKind
from newsletter.sequences.publishing import Choice
from tests.factories import mail, people
from tests.newsletter.sequences import plans
from tests.newsletter.sequences.course import cancelled, hand_over
from tests.newsletter.sequences.plans import email
from tests.newsletter.sequences.publishing import test_versions as versions
from tests.newsletter.sequences.ways import DAY, NOW, begun, ending, goal, sequence, tick

pytestmark = pytest.mark.django_db
WEEKS = NOW + 20 * DAY


def paused(of: Sequence) -> None:
    services.pause(of, by=people.staff(), now=NOW)


def resumed(of: Sequence) -> None:
    services.resume(of, by=people.staff(), now=WEEKS - DAY)


def finished(of: Sequence) -> Enrolment:
    """Somebody whose last mail is planned, and has not left."""
    way = begun(of)
    tick(NOW)
    assert ending(way)[0] == "finished"
    return way


@pytest.mark.parametrize("after", [paused, resumed], ids=["while it is paused", "after that"])
def test_a_goal_takes_back_the_last_mail_that_waited_out_the_pause(after):
    way = finished(sequence(email(1), **goal(EventKind.BOOKED)))
    paused(way.sequence)
    after(way.sequence)

    bookings.reach(way.lead, kind=GoalKind.PHONE, now=WEEKS)

    assert (ending(way), cancelled(way)) == (("exited", "booked"), [1])


def test_so_does_one_that_many_reach_at_once():
    course = sequence(email(1), **goal(EventKind.TAG, "warm"))
    left, waits = finished(course), begun(course)
    hand_over(NOW)
    tick(NOW)
    paused(course)

    for way in (left, waits):
        tags.add(way.lead, name="warm", by=None, now=WEEKS)

    assert [ending(way) for way in (left, waits)] == [("finished", ""), ("exited", "tag")]
    assert [cancelled(way) for way in (left, waits)] == [[], [1]]


def test_whoever_holds_all_ways_of_somebody_holds_that_one_too_and_none_that_is_over():
    left, waits = (
        mail.enrolment(people.lead(), state="finished", due_at=None, enrolled_at=NOW, ended_at=NOW) for _n in range(2)
    )
    mail.delivery(left.lead, kind=Kind.STEP, owner=left.pk, item=1, state=State.SUBMITTED)
    mail.delivery(waits.lead, kind=Kind.STEP, owner=waits.pk, item=1)

    endings.hold_all([left.lead_id, waits.lead_id], WEEKS)

    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM newsletter_enrolment WHERE xmax::text <> '0'")
        assert cursor.fetchall() == [(waits.pk,)]


def _waits(mail: Delivery) -> None:
    Later.objects.create(delivery_id=mail.pk, lane=Lane.MARKETING, due_at=WEEKS)


def _is_in_doubt(mail: Delivery) -> None:
    Uncertain.objects.create(delivery_id=mail.pk, lane=Lane.MARKETING, since=NOW)


def _left(mail: Delivery) -> None:
    Outcome.objects.create(delivery_id=mail.pk, at=NOW, state=State.SUBMITTED)


@pytest.mark.parametrize(("became", "is_late"), [(_waits, True), (_is_in_doubt, True), (_left, False)])
def test_what_a_sender_had_in_hand_already_is_found_too(became, is_late):
    way, other = (finished(sequence(email(1), key=key)) for key in ("a", "b"))
    for one in (way, other):
        became(Delivery.objects.get(owner=one.pk))
    Chunk.objects.update(mark=1, done=True)

    assert endings.late(way.sequence_id, but=[], before=WEEKS) == ([way.pk] if is_late else [])
    assert endings.late(way.sequence_id, but=[1], before=WEEKS) == []


def test_it_is_not_too_late_to_leave_and_so_the_next_one_waits_for_it():
    way = begun(sequence(email(1), email(2, 1), email(3, 1)))
    tick(NOW)
    paused(way.sequence)
    row = plans.due(1, way=way.pk, at=NOW + DAY, since=NOW)

    [seen] = last_mail.with_last([row], WEEKS)

    assert (seen.is_open, seen.left_at) == (True, None)


@pytest.mark.parametrize("after", [paused, resumed], ids=["while it is paused", "after that"])
def test_the_mail_of_a_step_that_is_deleted_is_taken_back_however_long_the_pause_was(after):
    one, two = versions.mailing(1), versions.mailing(2, 2)
    made = versions.sequence(one, two)
    left, waits = versions.inside(made), versions.inside(made)
    services.advance(NOW)
    hand_over(NOW)
    services.advance(NOW + 2 * DAY)
    Outcome.objects.create(
        delivery_id=Delivery.objects.get(owner=left.pk, item=2).pk, at=NOW + 2 * DAY, state=State.SUBMITTED
    )
    paused(made)
    after(made)

    seen = publishing.preview(made, plans.plan(one), WEEKS)
    done = versions.publish(made, one, choice=Choice(), at=WEEKS)

    assert (seen.taken_back, done.cancelled) == (1, 1)
    assert [cancelled(way) for way in (left, waits)] == [[], [2]]
    waits.refresh_from_db()
    assert (waits.last_key, waits.state) == (1, "finished")
