import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction

from accounts.models import AuditEvent
from newsletter.deliveries import services as deliveries
from newsletter.deliveries.models import BatchState, Kind, Outcome, State
from newsletter.models import Batch, Chunk, Delivery, Enrolment
from newsletter.sequences import resuming, services
from newsletter.sequences.ending import STEP_EXPIRES
from newsletter.sequences.models import EnrolmentState, ExitReason, SequenceState
from newsletter.sequences.services import NotAllowed, NotUnderWay
from tests.factories import clinics, mail, people
from tests.newsletter.sequences.course import (
    DAY,
    MINUTE,
    NOW,
    TORONTO,
    cancelled,
    enrolled,
    open_course,
    planned,
    publish,
    tick,
    walk,
)

pytestmark = pytest.mark.django_db


def ending(enrolment: Enrolment) -> tuple[str, str, datetime | None]:
    enrolment.refresh_from_db()
    return enrolment.state, enrolment.exit_reason, enrolment.ended_at


def hand_over(enrolment: Enrolment) -> None:
    """Everything planned for this person has left."""
    for delivery in Delivery.objects.filter(kind=Kind.STEP, owner=enrolment.pk):
        Chunk.objects.filter(pk=delivery.chunk_id).update(mark=1)
        Outcome.objects.create(delivery_id=delivery.pk, at=NOW, state=State.SUBMITTED)


def test_who_confirms_is_enrolled_once_with_the_consent_and_the_published_version():
    course = open_course(0, 2)
    consent = people.consent()

    first = services.enrol(consent.lead, consent=consent, now=NOW)
    again = services.enrol(consent.lead, consent=people.consent(consent.lead), now=NOW + DAY)

    assert again is None
    found = Enrolment.objects.get()
    assert found == first
    assert (found.sequence, found.version, found.consent) == (course, course.published, consent)
    assert (found.state, found.next_position, found.due_at, found.enrolled_at) == ("active", 0, NOW, NOW)


def test_a_first_step_with_a_wait_is_due_after_it_inside_the_window():
    open_course(1, 2)

    assert enrolled(now=datetime(2027, 1, 5, 20, tzinfo=TORONTO)).due_at == datetime(2027, 1, 7, 9, tzinfo=TORONTO)


def test_patients_and_who_declined_the_topic_are_not_enrolled():
    open_course(0)
    patient = people.consent(people.lead(status="patient"))
    uninterested = people.consent(people.lead(declined_topics=["course"]))

    assert services.enrol(patient.lead, consent=patient, now=NOW) is None
    assert services.enrol(uninterested.lead, consent=uninterested, now=NOW) is None
    assert Enrolment.objects.count() == 0


def test_without_a_published_course_nobody_is_enrolled():
    clinics.clinic()
    consent = people.consent()

    assert services.enrol(consent.lead, consent=consent, now=NOW) is None


def test_two_confirmations_at_once_enrol_once():
    open_course(0)
    consent = people.consent()

    assert services.enrol(consent.lead, consent=consent, now=NOW) is not None
    assert services.enrol(consent.lead, consent=consent, now=NOW) is None


def test_leaving_cancels_what_is_planned_and_not_handed_over():
    open_course(0, 2)
    enrolment = enrolled()
    services.advance(NOW)
    hand_over(enrolment)
    services.advance(NOW + 2 * DAY)
    at = NOW + 2 * DAY + MINUTE

    assert services.leave(enrolment.lead, reason=ExitReason.BOOKED, now=at) == 1

    assert (planned(enrolment), cancelled(enrolment)) == ([1, 2], [2])


def test_leaving_ends_the_way_with_its_reason_and_nothing_follows():
    open_course(0, 2, 2)
    enrolment = enrolled()
    services.advance(NOW)

    assert services.leave(enrolment.lead, reason=ExitReason.BOOKED, now=NOW + MINUTE) == 1

    assert ending(enrolment) == (EnrolmentState.EXITED, ExitReason.BOOKED, NOW + MINUTE)
    assert cancelled(enrolment) == [1]
    walk(NOW + 6 * DAY)
    assert planned(enrolment) == [1]


def test_the_first_reason_to_leave_stays():
    open_course(0, 2)
    enrolment = enrolled()
    services.leave(enrolment.lead, reason=ExitReason.BOUNCED, now=NOW)

    assert services.leave(enrolment.lead, reason=ExitReason.UNSUBSCRIBED, now=NOW + DAY) == 0
    assert ending(enrolment) == (EnrolmentState.EXITED, ExitReason.BOUNCED, NOW)


def test_one_persons_leaving_leaves_the_others_alone():
    open_course(0, 2)
    leaver, stayer = enrolled(), enrolled()
    services.advance(NOW)

    services.leave(leaver.lead, reason=ExitReason.BOOKED, now=NOW)

    assert (cancelled(leaver), cancelled(stayer)) == ([1], [])
    assert ending(stayer) == (EnrolmentState.ACTIVE, "", None)


def test_when_the_cause_is_undone_the_exit_is_undone_with_it():
    open_course(0, 2)
    enrolment = enrolled()
    services.advance(NOW)

    with transaction.atomic():
        services.leave(enrolment.lead, reason=ExitReason.BOOKED, now=NOW)
        transaction.set_rollback(True)

    assert ending(enrolment) == (EnrolmentState.ACTIVE, "", None)
    assert cancelled(enrolment) == []


def test_who_takes_an_opt_out_back_within_minutes_goes_on_where_they_were():
    open_course(0, 2)
    enrolment = enrolled()
    services.advance(NOW)
    hand_over(enrolment)
    services.leave(enrolment.lead, reason=ExitReason.UNSUBSCRIBED, now=NOW + DAY)
    consent = people.consent(enrolment.lead)

    assert services.enrol(enrolment.lead, consent=consent, now=NOW + DAY + 9 * MINUTE) == enrolment

    assert ending(enrolment) == (EnrolmentState.ACTIVE, "", None)
    walk(NOW + 3 * DAY, start=NOW + DAY)
    assert planned(enrolment) == [1, 2]


def test_who_comes_back_later_or_had_booked_does_not_begin_again():
    open_course(0, 2)
    unsubscribed, booked = enrolled(), enrolled()
    services.leave(unsubscribed.lead, reason=ExitReason.UNSUBSCRIBED, now=NOW)
    services.leave(booked.lead, reason=ExitReason.BOOKED, now=NOW)

    for enrolment in (unsubscribed, booked):
        later = NOW + (DAY if enrolment == unsubscribed else MINUTE)
        assert services.enrol(enrolment.lead, consent=people.consent(enrolment.lead), now=later) is None
        assert ending(enrolment)[0] == EnrolmentState.EXITED


def test_staff_take_somebody_out_and_it_is_written_down():
    open_course(0)
    enrolment, owner = enrolled(), people.staff()

    assert services.take_out(enrolment.lead, by=owner, reason="Asked  for it", now=NOW)
    assert not services.take_out(enrolment.lead, by=owner, reason="Again", now=NOW)

    assert ending(enrolment) == (EnrolmentState.EXITED, ExitReason.STAFF, NOW)
    said = list(AuditEvent.objects.values_list("act", "by", "detail__reason"))
    assert said == [("sequence.left", owner.pk, "Asked for it")]


def test_a_pause_holds_people_and_planned_mails_and_takes_new_people_in():
    course, owner = open_course(0, 2), people.staff()
    enrolment = enrolled()
    services.advance(NOW)

    assert services.pause(course, by=owner, now=NOW)
    assert not services.pause(course, by=owner, now=NOW)
    newcomer = enrolled()
    walk(NOW + 4 * DAY)

    assert (planned(enrolment), planned(newcomer)) == ([1], [])
    assert Batch.objects.get().state == BatchState.PAUSED


def test_what_was_planned_before_a_long_pause_is_of_use_after_it():
    course = open_course(0, 2)
    enrolled()
    services.advance(NOW)
    services.pause(course, by=people.staff(), now=NOW)
    later = NOW + 30 * DAY

    assert resuming.held(course) == 1
    services.resume(course, by=people.staff(), now=later)

    assert Batch.objects.get().expires_at == later + STEP_EXPIRES
    assert resuming.held(course) == 0


def test_resuming_spreads_the_overdue_over_an_hour_and_skips_no_step():
    course, owner = open_course(0, 2), people.staff()
    crowd = [enrolled(now=NOW + number * MINUTE) for number in range(4)]
    tick(NOW + 5 * MINUTE)
    services.pause(course, by=owner, now=NOW + DAY)

    back = NOW + 10 * DAY
    assert services.resume(course, by=owner, now=back) == 4

    due = list(Enrolment.objects.order_by("pk").values_list("due_at", flat=True))
    assert due == [back + number * 15 * MINUTE for number in range(4)]
    counts = []
    for minutes in (0, 15, 30, 44, 45, 60):
        services.advance(back + minutes * MINUTE)
        counts.append(Delivery.objects.filter(item=2).count())
    assert counts == [1, 2, 3, 3, 4, 4]
    assert [planned(enrolment) for enrolment in crowd] == [[1, 2]] * 4
    assert set(Batch.objects.values_list("state", flat=True)) == {BatchState.OPEN}


def test_resuming_at_night_spreads_from_the_next_opening_on():
    course, owner = open_course(0, 2), people.staff()
    for _ in range(2):
        enrolled()
    services.advance(NOW)
    services.pause(course, by=owner, now=NOW)

    services.resume(course, by=owner, now=datetime(2027, 1, 20, 23, tzinfo=TORONTO))

    opening = datetime(2027, 1, 21, 9, tzinfo=TORONTO)
    due = list(Enrolment.objects.order_by("pk").values_list("due_at", flat=True))
    assert due == [opening, opening + 30 * MINUTE]


def test_resuming_leaves_alone_what_is_not_due_and_what_is_not_paused():
    course, owner = open_course(0, 2), people.staff()
    enrolment = enrolled()
    services.advance(NOW)

    assert services.resume(course, by=owner, now=NOW + 5 * DAY) is None
    services.pause(course, by=owner, now=NOW)
    assert services.resume(course, by=owner, now=NOW + DAY) == 0

    enrolment.refresh_from_db()
    assert enrolment.due_at == NOW + 2 * DAY
    course.refresh_from_db()
    assert course.state == SequenceState.LIVE
    assert list(AuditEvent.objects.order_by("pk").values_list("act", flat=True)) == [
        "sequence.paused",
        "sequence.resumed",
    ]


def test_staff_bring_the_next_mail_forward_whatever_the_window_says():
    open_course(0, 2, 3)
    owner, enrolment = people.staff(), enrolled()
    services.advance(NOW)
    night = datetime(2027, 1, 5, 23, tzinfo=TORONTO)

    services.bring_forward(enrolment, by=owner, now=night)

    enrolment.refresh_from_db()
    assert planned(enrolment) == [1, 2]
    assert (enrolment.next_position, enrolment.due_at) == (2, datetime(2027, 1, 9, 9, tzinfo=TORONTO))
    event = AuditEvent.objects.get()
    assert (event.act, event.by, event.subject) == (
        "sequence.brought_forward",
        owner,
        f"lead:{enrolment.lead_id}",
    )


def test_bringing_the_last_mail_forward_finishes_the_course():
    open_course(0)
    enrolment = enrolled()

    services.bring_forward(enrolment, by=people.staff(), now=NOW)

    assert ending(enrolment) == (EnrolmentState.FINISHED, "", NOW)
    with pytest.raises(NotUnderWay):
        services.bring_forward(enrolment, by=people.staff(), now=NOW)


def test_nothing_is_brought_forward_while_the_sequence_is_paused():
    course = open_course(0, 2)
    enrolment = enrolled()
    services.pause(course, by=people.staff(), now=NOW)

    with pytest.raises(NotUnderWay):
        services.bring_forward(enrolment, by=people.staff(), now=NOW)

    assert planned(enrolment) == []


def test_only_the_demo_lets_nobody_in_particular_bring_mail_forward(settings):
    open_course(0)
    enrolment = enrolled()
    settings.DEMO = False
    with pytest.raises(NotAllowed):
        services.bring_forward(enrolment, by=None, now=NOW)

    settings.DEMO = True
    services.bring_forward(enrolment, by=None, now=NOW)

    assert planned(enrolment) == [1]


def test_in_the_demo_the_course_takes_as_many_short_days(settings):
    settings.SEQUENCE_DAY_SECONDS = 6
    open_course(0, 2, 3)
    night = datetime(2027, 1, 5, 23, tzinfo=TORONTO)
    enrolment = enrolled(now=night)

    seen = []
    for seconds in (0, 11, 12, 29, 30):
        tick(night + timedelta(seconds=seconds))
        seen.append(planned(enrolment))

    assert seen == [[1], [1], [1, 2], [1, 2], [1, 2, 3]]


def test_a_step_planned_before_by_another_version_does_not_stop_the_others():
    course = open_course(0, 2)
    enrolment = enrolled()
    tick(NOW)
    version = publish(course, {1: 0, 5: 0})
    Enrolment.objects.filter(pk=enrolment.pk).update(version=version, next_position=0, due_at=NOW)

    walk(NOW + 2 * MINUTE, every=MINUTE)

    assert planned(enrolment) == [1, 5]


@pytest.mark.django_db(transaction=True)
def test_a_booking_while_the_tick_is_planning_stops_the_mail_it_plans():
    """The exit waits for the tick's transaction and then finds what it planned."""
    open_course(0, 2)
    enrolment = enrolled()
    inside, leave_began = threading.Event(), threading.Event()

    def book() -> None:
        inside.wait(60)
        leave_began.set()
        services.leave(enrolment.lead, reason=ExitReason.BOOKED, now=NOW)
        connection.close()

    booking = threading.Thread(target=book)
    booking.start()
    with transaction.atomic():
        services.advance(NOW)
        inside.set()
        leave_began.wait(60)
        wait_until_somebody_waits_for_a_lock()
    booking.join()

    assert (planned(enrolment), cancelled(enrolment)) == ([1], [1])
    assert ending(enrolment) == (EnrolmentState.EXITED, ExitReason.BOOKED, NOW)


def wait_until_somebody_waits_for_a_lock() -> None:
    with connection.cursor() as cursor:
        for _ in range(2000):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone() != (0,):
                return
    raise AssertionError("nobody waited")


def test_a_mail_of_another_kind_is_none_of_a_sequences_business():
    open_course(0)
    enrolment = enrolled()
    other = mail.delivery(enrolment.lead, kind=Kind.CAMPAIGN, owner=enrolment.pk)

    services.leave(enrolment.lead, reason=ExitReason.BOOKED, now=NOW)

    assert deliveries.outcomes_of([other.pk]) == {}
