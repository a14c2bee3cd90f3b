from datetime import datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.models import Delivery, Enrolment
from newsletter.sequences import resuming, services
from newsletter.sequences.plan.document import Hours
from newsletter.sequences.schedule import Calendar, Window
from tests.factories import people
from tests.newsletter.sequences.course import DAY, NOW, TORONTO, enrolled, hand_over, open_course
from tests.newsletter.sequences.plans import email, pause
from tests.newsletter.sequences.ways import begun, reader, sequence

HOUR = timedelta(hours=1)
LATE = datetime(2027, 1, 7, 16, tzinfo=TORONTO)
"""A Thursday, two hours before the window closes."""


@pytest.mark.django_db
def test_what_is_overdue_is_dealt_out_over_open_hours_only():
    course = open_course(0, 2)
    for _n in range(8):
        enrolled()

    assert resuming.spread(course, LATE, 4) == 8

    dues = Enrolment.objects.order_by("pk").values_list("due_at", flat=True)
    opens = datetime(2027, 1, 8, 9, tzinfo=TORONTO)
    assert list(dues) == [LATE + n * HOUR / 2 for n in range(4)] + [opens + n * HOUR / 2 for n in range(4)]


@pytest.mark.django_db
def test_the_curve_says_beforehand_what_resuming_then_does():
    course = open_course(0, 2)
    for _n in range(40):
        enrolled()
    by = people.staff()
    services.pause(course, by=by, now=NOW)

    drawn = resuming.curve(course, 4, LATE)

    opens = datetime(2027, 1, 8, 9, tzinfo=TORONTO)
    assert [(part.begins_at, part.people) for part in drawn] == [
        (LATE, 10),
        (LATE + HOUR, 10),
        (opens, 10),
        (opens + HOUR, 10),
    ]
    assert services.resume(course, by=by, now=LATE, hours=4) == 40
    for part in drawn:
        due = Enrolment.objects.filter(due_at__gte=part.begins_at, due_at__lt=part.ends_at)
        assert due.count() == part.people


AN_INSTANT = timedelta(microseconds=1)
EARLY = Hours(frozenset(range(7)), time(9), time(10))
NEXT_MAIL = {
    "a mail with hours of its own": [email(1), email(2, 2, hours=EARLY)],
    "a wait before a mail with hours of its own": [email(1), pause(3, days=2), email(2, hours=EARLY)],
    "a wait before a mail days later": [email(1), pause(3, days=2), email(2, 3)],
    "a mail at any of the hours": [email(1), email(2, 2)],
}


@pytest.mark.django_db
@pytest.mark.parametrize("steps", NEXT_MAIL.values(), ids=NEXT_MAIL)
def test_the_curve_is_of_the_mails_that_then_go(steps):
    course, by = sequence(*steps), people.staff()
    for number in range(12):
        begun(course, reader(time_zone="Europe/Berlin" if number % 3 else ""))
    services.advance(NOW)
    hand_over(NOW)
    services.pause(course, by=by, now=NOW)

    drawn = resuming.curve(course, 4, LATE + DAY)

    services.resume(course, by=by, now=LATE + DAY, hours=4)
    tick, went = LATE + DAY, []
    for part in drawn:
        while tick < part.ends_at - AN_INSTANT:
            services.advance(tick)
            tick = min(tick + HOUR / 2, part.ends_at - AN_INSTANT)
        services.advance(tick)
        went.append(Delivery.objects.filter(item=2).count())
    assert went == list(accumulate(part.people for part in drawn))
    assert went[-1] == 12


@pytest.mark.django_db
def test_whose_last_mail_leaves_first_is_overdue_but_not_drawn_for_a_mail():
    course, by = open_course(0, 2), people.staff()
    enrolled()
    services.advance(NOW)
    hand_over(NOW)
    enrolled()
    services.advance(NOW)
    services.pause(course, by=by, now=NOW)

    drawn = resuming.curve(course, 1, LATE)

    assert [part.people for part in drawn] == [1]
    assert (resuming.overdue(course, LATE), resuming.held(course)) == (2, 1)
    assert services.resume(course, by=by, now=LATE, hours=1) == 2


@pytest.mark.django_db
def test_a_reader_in_another_zone_is_drawn_where_it_is_time_there():
    course = open_course(0, 2)
    enrolled(time_zone="Europe/Berlin")
    services.advance(NOW)
    hand_over(NOW)

    drawn = resuming.curve(course, 1, LATE)

    assert [part.begins_at for part in drawn] == [datetime(2027, 1, 8, 9, tzinfo=ZoneInfo("Europe/Berlin"))]


@pytest.mark.django_db
def test_without_anybody_overdue_there_is_no_curve():
    course = open_course(2, 2)
    enrolled()

    assert resuming.curve(course, 4, NOW) == []


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(ZoneInfo("UTC"))),
    st.sampled_from(["America/Toronto", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata"]),
    st.floats(0.1, 72),
)
def test_open_hours_are_as_many_as_asked_for_and_all_open(now: datetime, zone_name: str, hours: float):
    zone, window = ZoneInfo(zone_name), Window(frozenset({0, 2, 5}), time(1, 30), time(11))
    spans = resuming.open_hours(Calendar(window), zone, now, hours)

    assert abs(spans.seconds - hours * 3600) < 1
    last = now
    for begins, length in spans.pieces:
        assert begins >= last
        assert window.allows(begins.astimezone(zone), frozenset())
        last = begins + length
    assert (last - DAY * 20) < now + 7 * DAY
