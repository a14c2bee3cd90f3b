"""The first mail goes at any hour only to who asked for it a moment ago: whatever else begins a way keeps the hours."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.db import connection

from leads.consent.models import Method
from leads.models import Lead, Segment
from leads.tags import services as tags
from newsletter.models import Delivery, Enrolment, Sequence
from newsletter.sequences import by_hand, one, resuming, scanning, services, triggers
from newsletter.sequences.almanac import Almanac
from newsletter.sequences.future import simulate
from newsletter.sequences.future.script import Reader, Script
from newsletter.sequences.plan.document import Hours, TriggerKind
from newsletter.sequences.publishing.versions import letters
from tests.factories import clinics, people
from tests.newsletter.sequences.course import hand_over as leaves
from tests.newsletter.sequences.course import planned
from tests.newsletter.sequences.plans import email, hand_over, plan
from tests.newsletter.sequences.ways import DAY, NOW, reader, segment, sequence, tick, trigger

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NIGHT = NOW + 16 * HOUR
"""Two in the morning in Toronto, of a Wednesday."""
OPENING = NIGHT + 7 * HOUR
MONDAYS = Hours(weekdays=frozenset({0}), opens=time(9), closes=time(10))
ASK = trigger(TriggerKind.CONSENT)
EVENTS = [
    TriggerKind.TAG,
    TriggerKind.QUESTION,
    TriggerKind.BOOKED,
    TriggerKind.ATTENDED,
    TriggerKind.CANCELLED,
    TriggerKind.MISSED,
]


def due(of: Sequence, lead: Lead | None = None) -> Any:
    """When the one way through it is looked at first."""
    ways = Enrolment.objects.filter(sequence=of, **({"lead": lead} if lead else {}))
    return ways.values_list("due_at", flat=True).get()


def agrees(lead: Lead, **fields: Any) -> None:
    """They agree at this moment, in the middle of the night."""
    services.enrol(lead, consent=people.consent(lead, granted_at=NIGHT, **fields), now=NIGHT)


def knee() -> Segment:
    tags.add(people.lead(), name="knee", by=None, now=NOW)
    return segment("knee")


@pytest.mark.parametrize("kind", EVENTS)
def test_what_somebody_does_to_hear_from_us_is_answered_at_night_and_nothing_else(kind: TriggerKind):
    of = sequence(email(1), **trigger(kind))

    services.happened(kind, [reader().pk], now=NIGHT, occasion=7)

    is_asked_for = kind in {TriggerKind.QUESTION, TriggerKind.BOOKED}
    assert due(of) == (NIGHT if is_asked_for else OPENING)


def test_a_consent_by_its_owners_own_press_is_answered_at_night_and_one_that_staff_write_down_is_not():
    of = sequence(email(1), **ASK)
    by_themselves, by_staff = people.lead(), people.lead()

    agrees(by_themselves)
    agrees(by_staff, method=Method.PAPER, by=people.staff())

    assert (due(of, by_themselves), due(of, by_staff)) == (NIGHT, OPENING)


def test_a_birthday_is_wished_in_the_hours_and_not_at_midnight():
    of = sequence(email(1), **trigger(TriggerKind.BIRTHDAY))
    lead = reader(birthday=date(1980, NIGHT.month, NIGHT.day))

    scanning.scan(NIGHT)
    tick(NIGHT)

    assert due(of, lead) == OPENING
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("program", ["", "the website"])
def test_who_is_begun_by_hand_or_by_a_program_gets_nothing_at_night_whatever_begins_it_for_others(program: str):
    of, lead = sequence(email(1), **ASK), reader()
    staff = None if program else people.staff()

    triggers.begin_by_hand(of, [lead.pk], by=staff, now=NIGHT, program=program)

    assert due(of) == OPENING


def test_a_segment_that_is_begun_at_night_waits_for_the_morning_where_each_lives():
    of = sequence(email(1), **ASK)
    here, there = reader(), reader(time_zone="Europe/Berlin")

    triggers.begin_by_hand(of, [here.pk, there.pk], by=people.staff(), now=NIGHT)

    berlin = NIGHT + HOUR
    assert (due(of, here), due(of, there)) == (OPENING, berlin)


def test_who_is_handed_over_gets_no_second_mail_at_night():
    news = sequence(email(1), key="news", **ASK)
    of = sequence(email(1), hand_over(2, news.pk), **ASK)
    lead = people.lead()
    Sequence.objects.filter(pk=news.pk).update(published=None)
    agrees(lead)
    Sequence.objects.filter(pk=news.pk).update(published=news.published_id)

    tick(NIGHT)
    leaves(NIGHT)
    tick(NIGHT + HOUR)

    assert planned(Enrolment.objects.get(sequence=of)) == [1]
    assert (due(news), planned(Enrolment.objects.get(sequence=news))) == (OPENING, [])


def test_the_hours_of_the_first_mail_itself_hold_for_everybody():
    of = sequence(email(1, hours=MONDAYS), **ASK)

    agrees(people.lead())

    assert due(of) == OPENING + 5 * DAY


def test_the_cap_holds_the_first_mail_of_who_did_not_ask_for_it():
    clinics.clinic(cap_mails=1, cap_days=7)
    first, second = sequence(email(1), **ASK), sequence(email(1), key="hip", **ASK)
    asks, is_begun = people.lead(), reader()
    triggers.begin_by_hand(first, [is_begun.pk], by=people.staff(), now=NOW)
    triggers.begin_by_hand(second, [is_begun.pk], by=people.staff(), now=NOW)
    services.enrol(asks, consent=people.consent(asks), now=NOW)

    tick(NOW)

    mailed = [planned(way) for way in Enrolment.objects.filter(lead=is_begun).order_by("pk")]
    assert mailed == [[1], []]
    assert [planned(way) for way in Enrolment.objects.filter(lead=asks)] == [[1], [1]]


@pytest.mark.parametrize(("kind", "goes"), [(TriggerKind.CONSENT, NIGHT), (TriggerKind.BIRTHDAY, OPENING)])
def test_trying_a_sequence_says_the_same(kind: TriggerKind, goes: Any):
    drafted = plan(email(1), **trigger(kind))
    sequence(email(1), **trigger(kind))
    almanac = Almanac()
    almanac.suppose(simulate.DRAFT, almanac.plan(drafted, letters(drafted) or {1: 1}))
    setting = simulate.setting_of(almanac, NIGHT, [])

    future = simulate.foresee(Reader(), setting, Script(NIGHT))

    assert [mail.at for mail in future.mails] == [goes]


def test_beginning_by_hand_says_when_one_person_gets_the_first_mail():
    of, ada, everybody = sequence(email(1), **ASK), reader(), knee()

    assert by_hand.look(of, ada, now=NIGHT).first_at == OPENING
    assert by_hand.look(of, ada, now=NOW).first_at == NOW
    assert by_hand.look(of, everybody, now=NIGHT).first_at is None


def test_who_is_let_go_on_or_put_before_the_first_mail_by_staff_did_not_ask_for_it_then():
    of, staff = sequence(email(1), email(2, 2), **ASK), people.staff()
    held, moved = people.lead(), people.lead()
    agrees(held)
    agrees(moved)
    way, other = (Enrolment.objects.get(lead=lead) for lead in (held, moved))
    one.pause(way, by=staff, reason="is away", now=NIGHT)
    one.resume(way, by=staff, reason="is back", now=NIGHT)
    one.move_to(other, 1, by=staff, reason="once more", now=NIGHT)

    tick(NIGHT)

    assert (due(of, held), due(of, moved)) == (OPENING, OPENING)


def test_who_asked_and_had_to_wait_for_the_end_of_a_pause_is_not_woken_by_it():
    of, staff = sequence(email(1), **ASK), people.staff()
    here, tokyo = people.lead(), people.lead(time_zone="Asia/Tokyo")
    services.pause(of, by=staff, now=NOW - HOUR / 2)
    for lead in (here, tokyo):
        services.enrol(lead, consent=people.consent(lead), now=NOW - HOUR / 2)

    parts = resuming.curve(of, 1 / 4, NOW)
    services.resume(of, by=staff, now=NOW, hours=1 / 4)
    tick(NOW + HOUR / 4)

    assert [(part.begins_at, part.people) for part in parts if part.begins_at > NOW + HOUR] == [(NOW + 9 * HOUR, 1)]
    assert [planned(Enrolment.objects.get(lead=lead)) for lead in (here, tokyo)] == [[1], []]
    assert due(of, tokyo) == NOW + 9 * HOUR


@pytest.mark.parametrize(("late", "goes"), [(HOUR, [1]), (HOUR + timedelta(minutes=1), [])])
def test_who_asked_longer_ago_than_a_moment_is_not_woken_after_an_outage(late: timedelta, goes: list[int]):
    sequence(email(1), **ASK)
    agrees(people.lead())

    tick(NIGHT + late)

    assert planned(Enrolment.objects.get()) == goes


def test_a_way_from_a_plain_insert_asked_for_nothing():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_default FROM information_schema.columns"
            " WHERE table_name = 'newsletter_enrolment' AND column_name = 'is_asked_for'"
        )
        assert cursor.fetchall() == [("false",)]
