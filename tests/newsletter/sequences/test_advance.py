import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from newsletter.deliveries.models import Kind
from newsletter.deliveries.standing import holds
from newsletter.models import Batch, Chunk, Delivery, Enrolment
from newsletter.sequences import services
from newsletter.sequences.models import EnrolmentState, ExitReason
from tests.factories import clinics, people
from tests.newsletter.sequences.course import (
    DAY,
    MINUTE,
    NOW,
    TORONTO,
    enrolled,
    open_course,
    planned,
    publish,
    tick,
    walk,
)

pytestmark = pytest.mark.django_db


def local_due(enrolment: Enrolment) -> str:
    enrolment.refresh_from_db()
    return f"{enrolment.due_at.astimezone(TORONTO):%a %H:%M}" if enrolment.due_at else "none"


def test_the_first_mail_is_planned_at_once_and_the_next_one_days_later():
    course = open_course(0, 2)
    enrolment = enrolled()

    assert services.advance(NOW) == 1

    delivery = Delivery.objects.get()
    first = course.versions.get().steps.get(position=0)
    assert (delivery.kind, delivery.owner, delivery.item) == (Kind.STEP, enrolment.pk, first.key)
    assert (delivery.lead_id, delivery.variant_id) == (enrolment.lead_id, first.variant_id)
    batch = Batch.objects.get()
    assert (batch.owner_id, batch.lane, batch.topic) == (course.pk, "marketing", "course")
    assert batch.expires_at == NOW + 14 * DAY
    assert Chunk.objects.get().due_at == NOW
    enrolment.refresh_from_db()
    assert (enrolment.next_position, enrolment.due_at) == (1, NOW + 2 * DAY)


def test_nothing_goes_a_moment_early_and_all_of_it_on_time():
    open_course(0, 2)
    enrolment = enrolled()
    tick(NOW)

    assert services.advance(NOW + 2 * DAY - timedelta(microseconds=1)) == 0
    assert planned(enrolment) == [1]
    assert services.advance(NOW + 2 * DAY) == 1
    assert planned(enrolment) == [1, 2]


def test_the_first_mail_goes_at_any_hour_and_the_others_in_the_window():
    open_course(0, 1)
    night = datetime(2027, 1, 5, 23, 30, tzinfo=TORONTO)
    enrolment = enrolled(now=night)

    assert services.advance(night) == 1
    assert planned(enrolment) == [1]
    assert local_due(enrolment) == "Thu 09:00"


def test_the_window_is_in_the_leads_own_zone():
    open_course(0, 1)
    enrolment = enrolled(people.lead(time_zone="Asia/Tokyo"))

    services.advance(NOW)

    enrolment.refresh_from_db()
    assert enrolment.due_at == datetime(2027, 1, 7, 0, tzinfo=NOW.tzinfo)


def test_no_mail_goes_on_a_public_holiday_where_the_clinic_is():
    clinics.clinic(public_holidays="CA-ON")
    open_course(0, 41)
    enrolment = enrolled()

    services.advance(NOW)

    enrolment.refresh_from_db()
    assert f"{enrolment.due_at.astimezone(TORONTO):%a %d %b %H:%M}" == "Tue 16 Feb 09:00"


def test_a_zone_that_does_not_exist_is_taken_as_the_clinics():
    open_course(0, 1)
    enrolment = enrolled(people.lead(time_zone="Mars/Olympus"))

    services.advance(NOW)

    assert local_due(enrolment) == "Wed 10:00"


def test_the_whole_course_comes_in_order_and_then_is_finished():
    open_course(0, 2, 3, 3)
    enrolment = enrolled()

    walk(NOW + 12 * DAY)

    enrolment.refresh_from_db()
    assert planned(enrolment) == [1, 2, 3, 4]
    assert (enrolment.state, enrolment.due_at) == (EnrolmentState.FINISHED, None)
    assert enrolment.ended_at == NOW + 8 * DAY


def test_a_tick_that_is_a_little_late_does_not_shift_the_course():
    open_course(0, 2, 2)
    enrolment = enrolled()
    services.advance(NOW + 5 * MINUTE)

    assert local_due(enrolment) == "Thu 10:00"


def test_after_an_outage_nobody_gets_two_mails_in_a_row():
    open_course(0, 2, 2)
    enrolment = enrolled()
    tick(NOW)

    back = NOW + 6 * DAY
    tick(back)
    tick(back + MINUTE)

    assert planned(enrolment) == [1, 2]
    assert local_due(enrolment) == "Wed 10:00"


def test_what_became_due_while_the_window_closed_waits_for_the_next_opening():
    open_course(0, 2)
    enrolment = enrolled()
    tick(NOW)

    services.advance(datetime(2027, 1, 7, 20, tzinfo=TORONTO))

    assert planned(enrolment) == [1]
    assert local_due(enrolment) == "Fri 09:00"


def test_a_pause_at_the_persons_own_wish_defers_the_next_mail():
    open_course(0, 2)
    enrolment = enrolled()
    tick(NOW)
    enrolment.lead.paused_until = NOW + 30 * DAY + timedelta(hours=10)
    enrolment.lead.save()

    services.advance(NOW + 2 * DAY)

    assert planned(enrolment) == [1]
    assert local_due(enrolment) == "Fri 10:00"
    walk(NOW + 31 * DAY - timedelta(hours=2), start=NOW + 3 * DAY)
    assert planned(enrolment) == [1]
    assert local_due(enrolment) == "Fri 09:00"
    services.advance(NOW + 31 * DAY - timedelta(hours=1))
    assert planned(enrolment) == [1, 2]


def test_who_ends_the_pause_early_gets_the_next_mail_within_a_day():
    open_course(0, 2)
    enrolment = enrolled()
    enrolment.lead.paused_until = NOW + 30 * DAY
    enrolment.lead.save()
    services.advance(NOW)
    enrolment.lead.paused_until = None
    enrolment.lead.save()

    services.advance(NOW + DAY)

    assert planned(enrolment) == [1]


def test_who_became_a_patient_gets_no_more_invitations():
    open_course(0, 2)
    enrolment = enrolled()
    services.advance(NOW)
    enrolment.lead.status = "patient"
    enrolment.lead.save()

    services.advance(NOW + 2 * DAY)

    enrolment.refresh_from_db()
    assert planned(enrolment) == [1]
    assert (enrolment.state, enrolment.exit_reason) == (EnrolmentState.EXITED, ExitReason.STAFF)


def test_a_hold_moves_nobody_and_its_end_gives_each_one_mail():
    open_course(0, 2, 2)
    owner = people.staff()
    enrolment = enrolled()
    tick(NOW)
    holds.hold("Checking something", by=owner, now=NOW)

    assert services.advance(NOW + 2 * DAY) == 0
    holds.release(by=owner, now=NOW + 5 * DAY)
    walk(NOW + 5 * DAY + timedelta(hours=5), start=NOW + 5 * DAY)

    assert planned(enrolment) == [1, 2]


def test_nothing_is_planned_before_the_checklist_is_green():
    open_course(0)
    enrolled()
    clinics.clinic(sending_unlocked_at=None)

    assert services.advance(NOW) == 0
    assert Delivery.objects.count() == 0


def test_a_version_without_a_further_step_finishes_who_waits_for_one():
    course = open_course(0, 2)
    enrolment = enrolled()
    services.advance(NOW)
    shorter = publish(course, {1: 0})
    Enrolment.objects.filter(pk=enrolment.pk).update(version=shorter)

    services.advance(NOW + 2 * DAY)

    enrolment.refresh_from_db()
    assert (planned(enrolment), enrolment.state) == ([1], EnrolmentState.FINISHED)


def test_nobody_gets_a_step_twice_across_versions():
    course = open_course(0, 2)
    enrolment = enrolled()
    walk(NOW + 1 * DAY)
    turned_round = publish(course, {2: 0, 3: 1, 1: 1})
    Enrolment.objects.filter(pk=enrolment.pk).update(version=turned_round, next_position=0)

    walk(NOW + 9 * DAY, start=NOW + 2 * DAY)

    assert planned(enrolment) == [1, 2, 3]


def test_a_version_published_later_does_not_change_the_way_of_who_is_inside():
    course = open_course(0, 2)
    before = enrolled()
    tick(NOW)
    publish(course, {9: 0})
    after = enrolled()

    walk(NOW + 3 * DAY)

    assert (planned(before), planned(after)) == ([1, 2], [9])


def test_more_than_a_chunk_is_planned_in_chunks_and_a_limit_is_kept_roughly():
    course = open_course(0, 2)
    crowd(course, 1500)

    assert services.advance(NOW, limit=1) == 1000
    assert services.advance(NOW) == 500
    assert Delivery.objects.count() == 1500
    assert Chunk.objects.count() == 2


def test_a_tick_costs_as_many_queries_for_a_hundred_people_as_for_one(django_assert_num_queries):
    course = open_course(0, 2)
    for size in (1, 100):
        crowd(course, size)
        before = prepared_runs()
        with django_assert_num_queries(14):
            assert services.advance(NOW) == size
        assert prepared_runs() - before == 3


def prepared_runs() -> int:
    """How often this connection's prepared statements ran; Django does not count them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(generic_plans + custom_plans), 0) FROM pg_prepared_statements")
        return cursor.fetchone()[0]


def test_a_tick_with_nothing_due_is_one_query(django_assert_num_queries):
    open_course(0, 2)
    enrolled()
    services.advance(NOW)

    with django_assert_num_queries(1):
        assert services.advance(NOW + MINUTE) == 0


@pytest.mark.django_db(transaction=True)
def test_two_ticks_at_once_plan_everything_once():
    course = open_course(0, 2)
    crowd(course, 2500)
    together = threading.Barrier(2)
    counts: list[int] = []

    def tick() -> None:
        together.wait()
        counts.append(services.advance(NOW))
        connection.close()

    ticks = [threading.Thread(target=tick) for _ in range(2)]
    for one in ticks:
        one.start()
    for one in ticks:
        one.join()

    services.advance(NOW)
    assert Delivery.objects.count() == 2500
    assert Delivery.objects.values("owner").distinct().count() == 2500
    assert set(Enrolment.objects.values_list("next_position", "due_at")) == {(1, NOW + 2 * DAY)}


def crowd(course, size: int) -> None:
    """So many people who have just enrolled, straight into the tables."""
    made = [people.lead() for _ in range(size)]
    asked: dict[str, Any] = {"due_at": NOW, "enrolled_at": NOW, "is_asked_for": True}
    Enrolment.objects.bulk_create(
        Enrolment(sequence=course, version=course.published, lead=lead, **asked) for lead in made
    )
