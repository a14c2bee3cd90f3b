"""The course waits where somebody gets as much mail as the clinic allows, and gives way to a campaign for a day."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from newsletter.deliveries import lately
from newsletter.deliveries.models import Kind, State
from newsletter.models import Chunk, Enrolment
from newsletter.sequences import services
from tests.factories import clinics, mail, people
from tests.newsletter.campaigns.together import until_somebody_waits
from tests.newsletter.sequences.course import (
    DAY,
    NOW,
    TORONTO,
    enrolled,
    hand_over,
    open_course,
    planned,
    tick,
    walk_and_mail,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DUE = NOW + 2 * DAY
"""When the second mail of the course is due: a Thursday, 10:00."""


@pytest.fixture
def enrolment() -> Enrolment:
    """Somebody who has got the course's first mail, and is to get the second two days later."""
    open_course(0, 2, 2)
    found = enrolled()
    services.advance(NOW)
    hand_over(NOW)
    return found


def allow(mails: int, days: int = 7) -> None:
    clinics.clinic(cap_mails=mails, cap_days=days)


def local_due(of: Enrolment) -> str:
    of.refresh_from_db()
    assert of.due_at is not None
    return f"{of.due_at.astimezone(TORONTO):%a %d %H:%M}"


def campaign(of: Enrolment, at: datetime, state: State | None = State.SUBMITTED) -> int:
    """A campaign's mail to this person, which left at this moment, or is due then; the id of its chunk."""
    return mail.delivery(of.lead, state=state, at=at).chunk_id


def test_the_first_mail_of_the_course_never_waits():
    open_course(0, 2)
    allow(1)
    found = enrolled()
    campaign(found, NOW - HOUR)

    services.advance(NOW)

    assert planned(found) == [1]


def test_who_got_enough_waits_until_the_oldest_has_grown_old_and_nothing_is_skipped(enrolment):
    allow(2)
    campaign(enrolment, NOW + DAY)

    services.advance(DUE)

    assert planned(enrolment) == [1]
    assert local_due(enrolment) == "Tue 12 10:00"  # a week after the first
    walk_and_mail(NOW + 30 * DAY, start=DUE + 6 * HOUR)
    assert planned(enrolment) == [1, 2, 3]


def test_it_goes_on_time_while_there_is_room(enrolment):
    allow(3)
    campaign(enrolment, NOW + DAY)

    services.advance(DUE)

    assert planned(enrolment) == [1, 2]


def test_what_is_planned_and_has_not_left_counts_too(enrolment):
    allow(2)
    campaign(enrolment, DUE + 30 * HOUR, state=None)

    services.advance(DUE)

    assert planned(enrolment) == [1]


def test_it_waits_for_the_next_opening_of_its_window(enrolment):
    allow(1, days=3)
    Chunk.objects.update(due_at=datetime(2027, 1, 5, 20, tzinfo=TORONTO))
    mail.delivery(enrolment.lead, state=State.SUBMITTED, at=datetime(2027, 1, 6, 20, tzinfo=TORONTO), kind=Kind.STEP)

    services.advance(DUE)

    enrolment.refresh_from_db()
    assert enrolment.due_at > DUE
    assert enrolment.due_at.astimezone(TORONTO).hour in range(9, 18)


@pytest.mark.parametrize(
    ("at", "state", "due"),
    [
        (DUE - HOUR, State.SUBMITTED, "Fri 08 10:00"),
        (DUE + 5 * HOUR, None, "Fri 08 10:00"),
        (DUE - DAY, State.SUBMITTED, "Sat 09 10:00"),
        (DUE + DAY, None, "Sat 09 10:00"),
    ],
)
def test_on_a_day_with_a_campaign_it_goes_the_day_after(at, state, due, enrolment):
    campaign(enrolment, at, state)

    services.advance(DUE)

    assert (planned(enrolment) == [1], local_due(enrolment)) == (due.startswith("Fri"), due)


def test_the_day_is_that_of_the_reader():
    open_course(0, 2)
    found = enrolled(people.lead(time_zone="Asia/Tokyo"))
    tick(NOW)
    found.refresh_from_db()
    tomorrow_in_tokyo = found.due_at + 16 * HOUR
    campaign(found, tomorrow_in_tokyo, state=None)

    services.advance(found.due_at)

    assert planned(found) == [1, 2]


def test_in_the_demo_a_day_is_as_long_as_its_days_are(settings):
    settings.SEQUENCE_DAY_SECONDS = 20.0
    open_course(0, 2)
    found = enrolled()
    tick(NOW)
    due = NOW + timedelta(seconds=40)
    campaign(found, due - timedelta(seconds=5))

    services.advance(due)
    assert planned(found) == [1]
    services.advance(due + timedelta(seconds=20))
    assert planned(found) == [1, 2]


def test_looking_costs_the_same_for_one_person_as_for_three():
    open_course(0, 2)
    asked = []
    for _ in range(3):
        enrolled()
        tick(NOW)
        with CaptureQueriesContext(connection) as queries, transaction.atomic():
            services.advance(DUE)
            transaction.set_rollback(True)
        asked.append(len(queries))

    assert asked == [asked[0]] * 3


@pytest.mark.django_db(transaction=True)
def test_of_two_plans_at_once_the_later_sees_the_earlier_one():
    open_course(0, 2)
    allow(2)
    found = enrolled()
    tick(NOW)
    other = threading.Thread(target=_advance_elsewhere)
    with transaction.atomic():
        lately.lock()
        campaign(found, DUE + HOUR, state=None)
        other.start()
        until_somebody_waits(lately.LOCK)
    other.join()

    assert planned(found) == [1]


def _advance_elsewhere() -> None:
    services.advance(DUE)
    connection.close()


def test_two_ways_of_one_person_through_the_same_sequence_do_not_both_take_the_last_place(enrolment: Enrolment):
    allow(2)
    about_another_call = Enrolment.objects.create(
        sequence=enrolment.sequence,
        version=enrolment.version,
        lead=enrolment.lead,
        occasion=7,
        next_position=1,
        due_at=DUE + timedelta(minutes=1),
        since=NOW,
        enrolled_at=NOW,
    )

    services.advance(DUE + timedelta(minutes=2))

    assert (planned(enrolment), planned(about_another_call)) == ([1, 2], [])
    assert local_due(about_another_call) == "Tue 12 10:00"
