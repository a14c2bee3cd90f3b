"""The forecast: what the coming days bring, by day and by sequence, and what it costs."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from newsletter.models import Enrolment, Sequence, SequenceVersion
from newsletter.sequences import services
from newsletter.sequences.future import forecast
from newsletter.sequences.future.forecast import Mails
from newsletter.sequences.plan.document import Again
from tests.factories import clinics, people
from tests.newsletter.sequences import ways
from tests.newsletter.sequences.course import (
    DAY,
    NOW,
    enrolled,
    open_course,
    planned,
    publish,
    walk_and_mail,
)
from tests.newsletter.sequences.course import hand_over as let_leave
from tests.newsletter.sequences.plans import email, hand_over

pytestmark = pytest.mark.django_db


def days(found: forecast.Forecast) -> dict[str, tuple[int, int]]:
    return {f"{day.on:%d %b}": (day.whole.mails, day.whole.people) for day in found.days if day.whole.mails}


def test_each_day_says_how_many_mails_go_to_how_many_people():
    course = open_course(0, 2, 3)
    for _ in range(3):
        enrolled()

    found = forecast.ahead(NOW)

    assert (len(found.days), found.is_estimate) == (14, False)
    assert days(found) == {"05 Jan": (3, 3), "07 Jan": (3, 3), "10 Jan": (3, 3)}
    assert found.days[0].sequences == {course.pk: Mails(3, 3)}


def test_what_is_foreseen_is_what_comes():
    open_course(0, 1, 1, 2)
    for hours in range(4):
        enrolled(now=NOW - timedelta(hours=hours))
    foreseen = days(forecast.ahead(NOW))

    came: dict[str, int] = {}
    for hours in range(14 * 24):
        now = NOW + timedelta(hours=hours)
        while services.advance(now):
            pass
        let_leave(now)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_char(b.planned_at AT TIME ZONE 'America/Toronto', 'DD Mon'), sum(b.size)::int"
            " FROM newsletter_batch b GROUP BY 1"
        )
        came = dict(cursor.fetchall())

    assert {day: mails for day, (mails, _people) in foreseen.items()} == came


def test_who_is_handed_over_for_another_call_counts_where_people_come_once_per_call():
    second = ways.sequence(email(1), key="second", again=Again.OCCASION)
    first = ways.sequence(hand_over(1, second.pk), key="first")
    lead = ways.reader()
    ways.begun(second, lead, now=NOW - DAY, occasion=7)
    Enrolment.objects.update(state="finished", ended_at=NOW - DAY)

    ways.begun(first, lead, occasion=8)
    again = ways.begun(first, occasion=7).lead
    ways.begun(second, again, now=NOW - DAY, occasion=7)
    Enrolment.objects.filter(sequence=second).update(state="finished", ended_at=NOW - DAY)

    assert days(forecast.ahead(NOW)) == {"05 Jan": (1, 1)}


def test_a_person_in_two_sequences_is_one_person_and_the_cap_is_kept():
    open_course(0, 1)
    lead = people.lead()
    enrolled(lead)
    second = Sequence.objects.create(key="second", name="Second")
    publish(second, {1: 0, 2: 1})
    clinics.clinic(cap_mails=2, cap_days=7)
    Enrolment.objects.create(
        sequence=second, version=second.published, lead=lead, due_at=NOW, since=NOW, enrolled_at=NOW
    )

    found = forecast.ahead(NOW)

    assert found.days[0].whole == Mails(2, 1)
    assert sum(day.whole.mails for day in found.days[:6]) == 2


def test_who_is_paused_and_what_is_paused_brings_nothing():
    course = open_course(0, 2)
    enrolled(people.lead(paused_until=NOW + 30 * DAY))
    assert days(forecast.ahead(NOW)) == {}

    enrolled()
    Sequence.objects.filter(pk=course.pk).update(state="paused")
    assert days(forecast.ahead(NOW)) == {}


def test_of_many_people_a_share_is_played_and_it_costs_no_more_questions(monkeypatch):
    open_course(0, 2)
    for _ in range(8):
        enrolled()
    with CaptureQueriesContext(connection) as whole:
        forecast.ahead(NOW)
    monkeypatch.setattr(forecast, "MOST", 4)
    with CaptureQueriesContext(connection) as share:
        found = forecast.ahead(NOW)

    assert found.is_estimate
    assert all(mails % 2 == 0 for mails, _people in days(found).values())
    assert len(share) <= len(whole) + 2 <= 15


def test_a_campaign_on_the_same_day_puts_the_mail_off():
    open_course(0, 2)
    lead = enrolled().lead
    morning = datetime(2027, 1, 7, 12, tzinfo=NOW.tzinfo)

    found = forecast.ahead(NOW, coming=lambda _ids: {lead.pk: (morning,)})

    assert days(found) == {"05 Jan": (1, 1), "08 Jan": (1, 1)}


def test_whom_a_way_hands_over_is_counted_in_the_other_sequence_too():
    second = ways.sequence(email(1), email(2, 1), key="second")
    first = ways.sequence(email(1), hand_over(2, second.pk), key="first")
    begun = ways.begun(first)

    found = forecast.ahead(NOW)

    assert found.days[0].whole == Mails(2, 1)
    assert found.days[0].sequences == {first.pk: Mails(1, 1), second.pk: Mails(1, 1)}
    assert found.days[1].sequences == {second.pk: Mails(1, 1)}
    walk_and_mail(NOW + 2 * DAY)
    way = Enrolment.objects.get(sequence=second)
    assert (planned(begun), planned(way), way.state) == ([1], [1, 2], "finished")


def test_a_version_that_cannot_be_read_is_left_out_and_named():
    course = open_course(0)
    enrolled()
    broken = ways.sequence(email(1), key="broken")
    ways.begun(broken)
    SequenceVersion.objects.filter(pk=broken.published_id).update(plan={"schema": 99})

    found = forecast.ahead(NOW)

    assert found.unread == {broken.published_id}
    assert found.days[0].sequences == {course.pk: Mails(1, 1)}


@pytest.mark.parametrize("few", [1000, 50])
def test_a_share_of_many_people_tells_about_as_much_as_all_of_them(monkeypatch, few):
    """Most leads are under way nowhere, and those who are have numbers that are alike."""
    course = open_course(0)
    leads = [people.lead(id=20_000 + number) for number in range(1, 601)]
    Enrolment.objects.bulk_create(
        Enrolment(sequence=course, version=course.published, lead=lead, due_at=NOW, since=NOW, enrolled_at=NOW)
        for lead in leads
        if lead.pk % 4 == 0
    )
    whole = forecast.ahead(NOW).days[0].whole
    monkeypatch.setattr(forecast, "MOST", 60)
    monkeypatch.setattr(forecast, "FEW", few)
    share = forecast.ahead(NOW)

    assert whole == Mails(150, 150)
    assert share.is_estimate
    assert 75 <= share.days[0].whole.mails <= 250
