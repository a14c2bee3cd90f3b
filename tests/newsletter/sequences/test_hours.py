"""A mail that could not leave when it was planned leaves in the hours of its sequence, where its reader lives."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.clock import database_now
from leads.models import Lead
from leads.people import services as pauses
from newsletter.deliveries import claim
from newsletter.deliveries.admission import delays, gate
from newsletter.deliveries.admission.slots import Slotted
from newsletter.deliveries.models import Batch, Chunk, Delivery, Kind, Lane, Later, Outcome, State
from newsletter.deliveries.record import Record
from newsletter.models import Enrolment, Sequence
from newsletter.sequences import hours, over, services
from newsletter.sequences.ending import STEP_EXPIRES
from newsletter.sequences.plan.document import Hours, TriggerKind
from tests.factories import clinics, people
from tests.newsletter.sequences.plans import email
from tests.newsletter.sequences.ways import reader, sequence, trigger

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
OFFICE = Hours(weekdays=frozenset(range(7)), opens=time(9), closes=time(18))


def where_it_is(hour: int, now: datetime) -> str:
    """A zone in which it is between this hour and the next one now."""
    ahead = (hour - now.astimezone(UTC).hour) % 24
    ahead = ahead - 24 if ahead > 14 else ahead
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/UTC"


def opening(zone: str, now: datetime, hour: int = 9) -> datetime:
    """The next time that it is this hour there."""
    local = now.astimezone(ZoneInfo(zone))
    today = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    return (today if today > local else today + DAY).astimezone(UTC)


def planned(course: Sequence, *zones: str, ago: timedelta = 10 * HOUR, **lead: object) -> list[int]:
    """A mail to a reader in each of these zones, planned so long ago and not left; the deliveries."""
    from_then = database_now() - ago
    leads = [reader(time_zone=zone, **lead) for zone in zones]
    version = course.published
    assert version is not None
    ways = [
        Enrolment.objects.create(
            sequence=course, version=version, lead=one, due_at=from_then, since=from_then, enrolled_at=from_then
        )
        for one in leads
    ]
    for way in ways:
        services.bring_forward(way, by=people.staff(), now=from_then)
    return list(Delivery.objects.filter(owner__in=[way.pk for way in ways]).order_by("pk").values_list("pk", flat=True))


def leave() -> list[int]:
    """Everything that the gate lets through now."""
    found = []
    while (lease := claim.next_lease(Lane.MARKETING, owner="me", window=10)) is not None:
        while (admitted := gate.admit(lease, Record(), window=10)) is not None:
            found += [row.id for row in admitted.rows]
    return found


def waiting() -> dict[int, tuple[datetime, str]]:
    return {row.delivery_id: (row.due_at, row.reason) for row in Later.objects.all()}


def test_at_night_it_waits_for_the_morning_where_its_reader_lives():
    now = database_now()
    night, noon = where_it_is(3, now), where_it_is(12, now)
    asleep, awake = planned(sequence(email(1, 1), hours=OFFICE), night, noon)

    assert leave() == [awake]
    assert waiting() == {asleep: (opening(night, now), "outside the hours in which it may leave")}
    assert not Outcome.objects.exists()


def test_the_hours_of_the_step_and_the_quiet_hours_of_the_clinic_count():
    now = database_now()
    noon = where_it_is(12, now)
    late = Hours(weekdays=frozenset(range(7)), opens=time(15), closes=time(18))
    [of_step] = planned(sequence(email(1, 1, hours=late), hours=OFFICE), noon)
    [in_time] = planned(sequence(email(1, 1), key="hip", hours=OFFICE), noon)

    assert leave() == [in_time]
    assert waiting()[of_step][0] == opening(noon, now, 15)

    [quiet] = planned(sequence(email(1, 1), key="back", hours=OFFICE), noon)
    clinics.clinic(writes_from=time(14))
    assert leave() == []
    assert waiting()[quiet][0] == opening(noon, now, 14)


def test_a_mail_that_its_reader_asked_for_and_one_that_was_planned_just_now_leave_at_any_hour():
    night, course = where_it_is(3, database_now()), sequence(email(1), email(2, 2), hours=OFFICE)
    [welcome], [old] = planned(course, night, ago=HOUR / 2), planned(course, night)
    Enrolment.objects.update(is_asked_for=True)
    [by_hand] = planned(course, night, ago=HOUR / 2)
    [by_staff] = planned(sequence(email(1, 1), key="hip", hours=OFFICE), night, ago=delays.AT_ONCE / 2)

    assert leave() == [welcome, by_staff]
    assert [*waiting()] == [old, by_hand]


def test_one_that_is_to_be_tried_again_at_night_waits_for_the_morning():
    now = database_now()
    night = where_it_is(3, now)
    [mail] = planned(sequence(email(1, 1), hours=OFFICE), night)
    Chunk.objects.update(mark=1, done=True)
    Later.objects.create(delivery_id=mail, lane="marketing", due_at=now - HOUR, attempt=2, reason="451 later")

    assert leave() == []
    found = Later.objects.get()
    assert (found.due_at, found.attempt) == (opening(night, now), 2)


def test_what_a_pause_kept_back_waits_for_the_morning_when_staff_resume_at_night():
    now = database_now()
    night, course = where_it_is(3, now), sequence(email(1, 1), hours=OFFICE)
    [mail] = planned(course, night)
    services.pause(course, by=people.staff(), now=now)
    assert leave() == []

    services.resume(course, by=people.staff(), now=now)

    assert leave() == []
    assert waiting()[mail][0] == opening(night, now)


def test_waiting_for_the_morning_makes_no_mail_too_late():
    now = database_now()
    night = where_it_is(3, now)
    planned(sequence(email(1, 1), hours=OFFICE), night, ago=STEP_EXPIRES - HOUR)

    assert leave() == []
    assert Batch.objects.get().expires_at == opening(night, now) + DAY
    assert list(Later.objects.values_list("due_at", flat=True)) == [opening(night, now)]


def test_in_the_demo_whose_days_are_short_mail_leaves_at_any_hour(settings):
    settings.SEQUENCE_DAY_SECONDS = 20.0
    mails = planned(sequence(email(1, 1), hours=OFFICE), where_it_is(3, database_now()))

    assert leave() == mails


def test_it_is_asked_once_a_window_and_not_for_each_mail():
    course, noon = sequence(email(1, 1), hours=OFFICE), where_it_is(12, database_now())
    asked = []
    for count in (1, 4):
        mails = planned(course, *[noon] * count)
        told = [
            Slotted(row.pk, row.owner, row.item, row.lead_id, None) for row in Delivery.objects.filter(pk__in=mails)
        ]
        with CaptureQueriesContext(connection) as queries:
            assert hours.when(told, database_now() - count * DAY) == {}
        asked.append(len(queries))

    assert asked[0] == asked[1]


def test_what_is_over_by_now_never_leaves(monkeypatch: pytest.MonkeyPatch):
    now, noon = database_now(), where_it_is(12, database_now())
    course = sequence(email(1, 1), hours=OFFICE, **trigger(TriggerKind.QUESTION))
    early, late = planned(course, noon, noon)
    Enrolment.objects.filter(pk=Delivery.objects.get(pk=early).owner).update(occasion=7)
    Enrolment.objects.filter(pk=Delivery.objects.get(pk=late).owner).update(occasion=8)
    ends = {7: now - HOUR, 8: now + HOUR}
    monkeypatch.setitem(over._ends, TriggerKind.QUESTION, lambda asked: {one: ends[one] for one in asked})

    assert leave() == [late]
    assert list(Outcome.objects.values_list("delivery_id", "state", "reason")) == [
        (early, State.EXPIRED, "what it was about is over")
    ]


def in_its_hours(mails: list[int]) -> None:
    """Time has passed until these are to be tried."""
    Later.objects.filter(delivery_id__in=mails).update(due_at=database_now() - HOUR)


def test_a_readers_pause_makes_no_mail_too_late_and_is_looked_at_every_day():
    now, noon = database_now(), where_it_is(12, database_now())
    [mail] = planned(sequence(email(1, 1), hours=OFFICE), noon, paused_until=now + 30 * DAY)

    assert leave() == []
    [(tried_at, reason)] = waiting().values()
    assert (now + DAY <= tried_at <= database_now() + DAY, reason) == (True, "paused by the person")

    in_its_hours([mail])
    Batch.objects.update(expires_at=now + HOUR)
    assert leave() == []
    assert Batch.objects.get().expires_at == waiting()[mail][0] + DAY
    assert not Outcome.objects.exists()


def test_the_last_day_of_a_pause_is_as_long_as_the_pause():
    now, noon = database_now(), where_it_is(12, database_now())
    [mail] = planned(sequence(email(1, 1), hours=OFFICE), noon, paused_until=now + HOUR)

    assert leave() == []
    assert waiting()[mail][0] == now + HOUR


def test_who_ends_their_pause_early_gets_what_waited_with_the_next_look_and_not_before_its_hours():
    now = database_now()
    noon, night = where_it_is(12, now), where_it_is(3, now)
    awake, asleep = planned(sequence(email(1, 1), hours=OFFICE), noon, night, paused_until=now + 30 * DAY)
    assert leave() == []

    for lead in Lead.objects.filter(paused_until__isnull=False):
        pauses.resume(lead)
    in_its_hours([awake, asleep])

    assert leave() == [awake]
    assert waiting()[asleep][0] == opening(night, now)


def test_of_whom_nobody_can_tell_waits_and_keeps_no_other_from_leaving(monkeypatch):
    """One mail over which the question fails must not stop the lane, nor leave at a wrong hour on a guess."""
    noon = where_it_is(12, database_now())
    puzzling, plain = planned(sequence(email(1, 1), hours=OFFICE), noon, noon)

    def when(mails, now):
        if puzzling in {mail.id for mail in mails}:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        return hours.when(mails, now)

    monkeypatch.setitem(delays._asked, Kind.STEP, when)
    now = database_now()
    Batch.objects.update(expires_at=now + HOUR)

    assert leave() == [plain]
    assert set(Batch.objects.values_list("expires_at", flat=True)) == {now + HOUR}
    ((waits, (until, reason)),) = waiting().items()
    assert (waits, reason) == (puzzling, "nobody can tell whether its hour has come")
    assert now < until <= database_now() + delays.ASKED_AGAIN
