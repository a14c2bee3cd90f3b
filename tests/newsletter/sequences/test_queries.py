import pytest

from newsletter.deliveries.models import Kind, State
from newsletter.models import Delivery, Outcome
from newsletter.sequences import queries, services
from newsletter.sequences.models import ExitReason
from newsletter.sequences.queries import StepFigures
from tests.factories import mail, people
from tests.newsletter.sequences.course import DAY, MINUTE, NOW, enrolled, open_course, walk

pytestmark = pytest.mark.django_db


def mail_of(enrolment, key: int) -> Delivery:
    return Delivery.objects.get(kind=Kind.STEP, owner=enrolment.pk, item=key)


def test_each_step_shows_who_waits_and_what_it_brought():
    course = open_course(0, 2, 3)
    ada, ben, cleo = enrolled(), enrolled(), enrolled()
    services.advance(NOW)
    for enrolment in (ada, ben):
        Outcome.objects.create(delivery_id=mail_of(enrolment, 1).pk, at=NOW, state=State.SUBMITTED)
    Outcome.objects.create(delivery_id=mail_of(cleo, 1).pk, at=NOW, state=State.REFUSED)
    for label in ("person", "person", "scanner"):
        mail.click(mail_of(ada, 1), label=label)
    mail.click(mail_of(ben, 1), label="unknown")
    mail.fact(mail_of(ada, 1), "booked")
    services.leave(ada.lead, reason=ExitReason.BOOKED, now=NOW)
    mail.enrolment(people.lead())

    first, second, third = course.versions.get().steps.order_by("position")
    assert queries.step_figures(course) == [
        StepFigures(first, day=0, waiting=0, submitted=2, clicked=1, booked=1),
        StepFigures(second, day=2, waiting=2, submitted=0, clicked=0, booked=0),
        StepFigures(third, day=5, waiting=0, submitted=0, clicked=0, booked=0),
    ]


def test_figures_cost_as_many_queries_for_three_people_as_for_one(django_assert_num_queries):
    course = open_course(0, 2)
    for people_more in (1, 2):
        for _ in range(people_more):
            enrolled()
        services.advance(NOW)
        with django_assert_num_queries(3):
            queries.step_figures(course)


def test_people_are_counted_by_state_and_exits_by_reason():
    course = open_course(0, 2)
    enrolments = [enrolled() for _ in range(4)]
    walk(NOW + DAY, every=DAY)
    services.advance(NOW + 2 * DAY)
    enrolled()
    for enrolment in (enrolled(), enrolled()):
        services.leave(enrolment.lead, reason=ExitReason.BOOKED, now=NOW)
    services.leave(enrolments[0].lead, reason=ExitReason.STAFF, now=NOW)

    assert queries.states(course) == {
        "active": 1,
        "paused": 0,
        "held_out": 0,
        "finished": 3,
        "exited": 3,
    }
    assert queries.exits(course) == {"booked": 2, "staff": 1}


def test_what_goes_out_next_is_listed_by_time_and_only_of_live_sequences():
    course = open_course(0, 2)
    later, sooner = enrolled(now=NOW + MINUTE), enrolled(now=NOW)
    services.advance(NOW + MINUTE)

    assert queries.next_out(until=NOW + 3 * DAY, limit=5) == [sooner, later]
    assert queries.next_out(until=NOW + 2 * DAY + MINUTE, limit=5) == [sooner]
    assert queries.next_out(until=NOW + 3 * DAY, limit=1) == [sooner]
    assert queries.overdue(course, NOW + 3 * DAY) == 2
    services.pause(course, by=people.staff(), now=NOW)
    assert queries.next_out(until=NOW + 3 * DAY, limit=5) == []


def test_a_leads_enrolments_are_theirs_alone():
    open_course(0)
    ada, _ben = enrolled(), enrolled()

    assert list(queries.enrolments(ada.lead)) == [ada]


def test_there_is_no_course_before_one_is_published():
    assert queries.course() is None
    course = open_course(0)
    assert queries.course() == course
