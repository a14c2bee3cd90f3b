"""The mails of one way keep their distance, however late the last one leaves, and whatever became of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from newsletter.deliveries.models import Kind, Later, State, Uncertain
from newsletter.deliveries.standing import holds
from newsletter.models import Batch, Delivery, Enrolment, Outcome
from newsletter.sequences import distance, services
from newsletter.sequences.almanac import Almanac
from newsletter.sequences.future import forecast, simulate
from newsletter.sequences.schedule import ALWAYS, Wait
from newsletter.sequences.walk import Move, Question, decide
from tests.factories import people
from tests.newsletter.sequences.course import DAY, NOW, enrolled, hand_over, open_course, planned, tick, walk
from tests.newsletter.sequences.plans import almanac, due, email, pause, until_clicked

HOUR = timedelta(hours=1)
DUE = NOW + 2 * DAY


def stands(move: Move | Question) -> tuple[object, int | None]:
    """When it is looked at again, and the key of the mail that is planned."""
    assert isinstance(move, Move)
    return move.due_at, move.step.key if move.step else None


# One look, without a database


@pytest.mark.parametrize("before", [email(2, days=2), pause(2, days=2)])
def test_while_the_last_mail_has_not_left_the_way_stays_where_it_is(before):
    plan = almanac(email(1), before, email(3))

    assert stands(decide(due(1, since=NOW, at=DUE, is_open=True), plan, {}, now=DUE)) == (DUE + DAY / 2, None)


@pytest.mark.parametrize("before", [email(2, days=2), pause(2, days=2)])
def test_a_wait_counts_from_when_the_last_mail_left(before):
    plan, left_at = almanac(email(1), before, email(3)), NOW + 1.5 * DAY
    found = decide(due(1, since=NOW, at=DUE, left_at=left_at), plan, {}, now=DUE)

    assert isinstance(found, Move)
    local = left_at + 2 * DAY if before.kind == "wait" else NOW + 4 * DAY - HOUR
    assert (found.step, found.since, found.due_at) == (None, left_at, local)


@pytest.mark.parametrize(
    ("calendar", "seconds"),
    [(ALWAYS, [3600, 3601]), (replace(ALWAYS, day_length=timedelta(seconds=6)), [10, 11])],
)
def test_what_leaves_within_the_hour_left_in_time_and_in_the_demo_within_seconds(calendar, seconds):
    moments = [NOW + timedelta(seconds=late) for late in seconds]

    found = [distance.left_late(moment, NOW, Wait(3), calendar) for moment in moments]

    assert found == [None, moments[1]]


def test_who_did_not_click_has_had_all_the_days_to_do_so_since_the_mail_left():
    plan = almanac(email(1), until_clicked(2, 2, yes=(email(3),), no=(email(4),)))
    no, left_at = {(1, 1): False}, NOW + DAY

    assert stands(decide(due(1, since=NOW, at=DUE, is_open=True), plan, no, now=DUE)) == (DUE + DAY / 2, None)
    assert stands(decide(due(1, since=NOW, at=DUE, left_at=left_at), plan, no, now=DUE)) == (left_at + 2 * DAY, None)
    assert stands(decide(due(1, since=NOW, at=DUE, left_at=left_at), plan, no, now=DUE + DAY))[1] == 4


def test_what_happened_before_the_mail_left_is_not_forgotten():
    plan = almanac(email(1), until_clicked(2, 2, yes=(email(3),), no=(email(4),)))
    asked = decide(due(1, since=NOW, at=DUE, left_at=NOW + DAY), plan, {}, now=DUE)

    assert isinstance(asked, Question)
    assert asked.since == NOW


def test_half_an_hour_is_nothing_before_a_wait_of_days_and_much_before_one_of_minutes():
    days, minutes = almanac(email(1), email(2, days=2), email(3)), almanac(email(1), pause(2, minutes=40), email(3))
    left_at = NOW + HOUR / 2

    assert stands(decide(due(1, since=NOW, at=DUE, left_at=left_at), days, {}, now=DUE))[1] == 2
    wait = 2 * HOUR / 3
    row = due(1, since=NOW, at=NOW + wait, left_at=left_at)
    assert stands(decide(row, minutes, {}, now=NOW + wait)) == (left_at + wait, None)


@pytest.mark.parametrize(("wait", "again"), [({"minutes": 5}, HOUR / 4), ({"hours": 8}, 2 * HOUR), ({"days": 9}, DAY)])
def test_it_is_looked_for_well_before_the_wait_after_it_is_over(wait, again):
    plan = almanac(email(1), pause(2, **wait), email(3))

    assert stands(decide(due(1, at=DUE, is_open=True), plan, {}, now=DUE)) == (DUE + again, None)


def test_while_their_reader_has_paused_it_is_looked_for_once_a_day():
    plan = almanac(email(1), email(2, days=2))
    row = due(1, since=NOW, at=DUE, is_open=True, paused_until=NOW + 30 * DAY)

    assert stands(decide(row, plan, {}, now=DUE)) == (DUE + DAY, None)


# Through the database


@pytest.fixture
def way(db: None) -> Enrolment:
    """Somebody whose first mail is planned and has not left; the second comes two days later."""
    open_course(0, 2, 2)
    found = enrolled()
    services.advance(NOW)
    return found


def ended(of: Enrolment, state: State) -> None:
    Outcome.objects.create(delivery_id=Delivery.objects.get(owner=of.pk, kind=Kind.STEP).pk, at=NOW, state=state)


@pytest.mark.parametrize("until", [DUE, NOW + 5 * DAY])
def test_a_mail_that_is_planned_keeps_the_next_one_away(way: Enrolment, until):
    services.advance(until)

    assert planned(way) == [1]
    way.refresh_from_db()
    assert (way.state, way.due_at) == ("active", until + DAY / 2)


def test_so_does_one_that_is_tried_again_or_that_may_have_left(way: Enrolment):
    mail = Delivery.objects.get(owner=way.pk)
    Later.objects.create(delivery_id=mail.pk, lane="marketing", due_at=DUE, attempt=1)
    services.advance(DUE)
    assert planned(way) == [1]

    Later.objects.all().delete()
    Uncertain.objects.create(delivery_id=mail.pk, lane="marketing", since=DUE)
    services.advance(DUE + DAY)
    assert planned(way) == [1]

    Uncertain.objects.all().delete()
    Outcome.objects.create(delivery_id=mail.pk, at=DUE + DAY, state=State.CLOSED)
    walk(DUE + 3 * DAY, start=DUE + DAY)
    assert planned(way) == [1, 2]


@pytest.mark.parametrize("state", [State.REFUSED, State.FAILED, State.EXPIRED, State.CANCELLED])
def test_one_that_never_leaves_keeps_nobody_waiting(way: Enrolment, state):
    ended(way, state)

    services.advance(DUE)

    assert planned(way) == [1, 2]


def test_nor_does_one_that_is_too_late_to_leave(way: Enrolment):
    Batch.objects.update(expires_at=DUE)

    services.advance(DUE)

    assert planned(way) == [1, 2]


def test_nor_one_whose_name_was_given_up(way: Enrolment):
    Delivery.objects.update(item=-1)

    services.advance(DUE)

    assert planned(way) == [2]


def test_after_a_long_pause_the_mail_on_its_way_leaves_first_and_the_next_one_keeps_its_days(way: Enrolment):
    course, owner = way.sequence, people.staff()
    services.pause(course, by=owner, now=NOW)
    back = NOW + 5 * DAY
    services.resume(course, by=owner, now=back)

    for minutes in (0, 1, 30, 90):
        services.advance(back + timedelta(minutes=minutes))
    assert planned(way) == [1]

    hand_over(back + timedelta(minutes=90))
    walk(back + 2 * DAY, start=back + 2 * HOUR)
    assert planned(way) == [1]
    tick(back + 2 * DAY + timedelta(minutes=90))
    assert planned(way) == [1, 2]


def test_after_a_hold_the_mail_on_its_way_leaves_and_the_next_one_keeps_its_days(way: Enrolment):
    owner, back = people.staff(), NOW + 5 * DAY
    holds.hold("Checking something", by=owner, now=NOW)
    assert services.advance(DUE) == 0
    holds.release(by=owner, now=back)

    services.advance(back)
    hand_over(back)
    walk(back + 5 * HOUR, start=back)

    assert planned(way) == [1]
    walk(back + 3 * DAY, start=back + 5 * HOUR)
    assert planned(way) == [1, 2]


def test_a_mail_that_leaves_days_late_moves_all_that_follow(way: Enrolment):
    """The first one leaves after three days, the others at once."""
    now, left = NOW, []
    while now < NOW + 8 * DAY:
        services.advance(now)
        for mail in Delivery.objects.exclude(pk__in=Outcome.objects.values("delivery_id")):
            if now >= NOW + 3 * DAY or mail.item > 1:
                Outcome.objects.create(delivery_id=mail.pk, at=now, state=State.SUBMITTED)
                left.append((mail.item, now - NOW))
        now += HOUR

    assert left == [(1, 3 * DAY), (2, 5 * DAY), (3, 7 * DAY)]


def test_whoever_looks_ahead_takes_it_to_leave_now_and_keeps_the_distance_too(way: Enrolment):
    now = NOW + 5 * DAY
    rows = simulate.under_way([way.lead_id])
    future = simulate.ahead(rows, Almanac(), now=now)[way.pk]

    assert [mail.at for mail in future.mails] == [now + 2 * DAY, now + 4 * DAY]
    days = [day.whole.mails for day in forecast.ahead(now).days]
    assert days[:5] == [0, 0, 1, 0, 1]
