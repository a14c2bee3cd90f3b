"""One look at one way: what a step does to it, and where it stands afterwards."""

from dataclasses import replace
from datetime import timedelta

import pytest

from newsletter.sequences.models import EnrolmentState
from newsletter.sequences.schedule import Wait
from newsletter.sequences.walk import Move, Question, decide, hurry, is_drawn
from tests.newsletter.sequences.plans import NOW, almanac, due, email, end, lot, pause, split, tag, until_clicked

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def stands(move: Move | Question) -> tuple[int, object, int | None]:
    """Where it stands, when it is looked at again, and the key of the mail that is planned."""
    assert isinstance(move, Move)
    return move.position, move.due_at, move.step.key if move.step else None


def test_a_mail_is_planned_and_the_way_waits_before_the_next_one():
    found = decide(due(), almanac(email(1), email(2, days=2)), {}, now=NOW)

    assert stands(found) == (1, NOW + 2 * DAY, 1)


def test_the_last_mail_ends_the_way():
    found = decide(due(1), almanac(email(1), email(2, days=2)), {}, now=NOW)

    assert stands(found) == (2, None, 2)
    assert found.state == EnrolmentState.FINISHED


def test_a_wait_of_minutes_passes_by_the_clock():
    plan = almanac(email(1), pause(2, minutes=30), email(3))
    assert stands(decide(due(), plan, {}, now=NOW)) == (1, NOW + 30 * MINUTE, 1)
    assert stands(decide(due(1, at=NOW + 30 * MINUTE), plan, {}, now=NOW + 31 * MINUTE)) == (3, None, 3)


def test_what_is_waited_for_is_asked_and_until_its_time_is_over_the_way_stays():
    plan = almanac(until_clicked(1, 3, yes=(email(2),), no=(email(3),)), email(4, days=1))
    asked = decide(due(), plan, {}, now=NOW)

    assert isinstance(asked, Question)
    assert (asked.step.key, asked.since) == (1, NOW)
    assert stands(decide(due(), plan, {(1, 0): False}, now=NOW)) == (0, NOW + 3 * DAY, None)


def test_who_did_it_goes_by_one_branch_and_who_did_not_by_the_other():
    plan = almanac(until_clicked(1, 3, yes=(email(2),), no=(email(3),)), email(4, days=1))

    clicked = decide(due(), plan, {(1, 0): True}, now=NOW + DAY)
    waited = decide(due(), plan, {(1, 0): False}, now=NOW + 3 * DAY)

    assert stands(clicked) == (3, NOW + 2 * DAY, 2)
    assert stands(waited) == (3, NOW + 4 * DAY, 3)


def test_a_branch_without_steps_goes_on_with_what_follows():
    plan = almanac(split(1, "knee", yes=(email(2),)), email(3))

    assert stands(decide(due(), plan, {(1, 0): False}, now=NOW)) == (3, None, 3)
    assert stands(decide(due(), plan, {(1, 0): True}, now=NOW)) == (2, NOW, 2)


def test_an_end_in_a_branch_ends_the_way_where_it_stands():
    plan = almanac(split(1, "knee", yes=(end(2),)), email(3))
    found = decide(due(), plan, {(1, 0): True}, now=NOW)

    assert stands(found) == (1, None, None)
    assert found.state == EnrolmentState.FINISHED


def test_steps_that_take_no_time_are_passed_in_one_look_and_one_mail_at_most_is_planned():
    plan = almanac(tag(1, "new"), email(2), tag(3, "told"), email(4))
    found = decide(due(), plan, {}, now=NOW)

    assert stands(found) == (2, NOW, 2)
    assert [step.key for step in found.effects] == [1]
    assert [step.key for step in decide(due(2), plan, {}, now=NOW).effects] == [3]


def test_a_lot_falls_the_same_way_for_ever_and_for_about_its_share():
    plan = almanac(lot(1, 30, yes=(email(2),), no=(email(3),)))
    drawn = [stands(decide(due(way=way), plan, {}, now=NOW))[2] for way in range(1, 1001)]

    assert drawn == [2 if is_drawn(way, 1, 30) else 3 for way in range(1, 1001)]
    assert 250 < drawn.count(2) < 350


def test_a_mail_with_a_time_of_day_goes_at_that_time():
    plan = almanac(email(1), email(2, days=2, hours=None), end(3))
    at_half_past_nine = almanac(email(1), pause(2, days=1, at=(NOW - HOUR / 2).time()), end(3))

    assert stands(decide(due(), plan, {}, now=NOW))[1] == NOW + 2 * DAY
    assert stands(decide(due(), at_half_past_nine, {}, now=NOW))[1] == NOW + DAY + 4.5 * HOUR


def test_who_is_hurried_gets_the_next_mail_whatever_stands_before_it():
    plan = almanac(pause(1, days=5), until_clicked(2, 3, no=(email(3),)), email(4))

    found = hurry(due(at=NOW + 5 * DAY), plan, {(1, 1): False}, now=NOW)

    assert stands(found) == (3, NOW, 3)


def test_a_way_that_is_looked_at_too_early_stays():
    plan = almanac(email(1), email(2, days=2))

    assert stands(decide(due(1, at=NOW + DAY), plan, {}, now=NOW)) == (1, NOW + DAY, None)


@pytest.mark.parametrize("wait", [Wait(), Wait(days=1), Wait(hours=3, minutes=5)])
def test_what_follows_a_late_mail_keeps_its_distance(wait):
    late = NOW + 2 * HOUR
    plan = almanac(email(1), pause(2, days=wait.days, hours=wait.hours, minutes=wait.minutes), end(3))

    assert stands(decide(due(), plan, {}, now=late))[1] == late + wait.days * DAY + wait.clock


def test_who_paused_on_the_way_to_a_mail_keeps_its_wait():
    plan = almanac(tag(1, "knee"), email(2, days=5))

    found = decide(due(paused_until=NOW + 2 * DAY), plan, {}, now=NOW)

    assert stands(found) == (1, NOW + 5 * DAY, None)


def test_a_lot_that_is_known_is_not_drawn_again():
    plan = almanac(lot(1, 1, yes=(email(2),), no=(email(3),)))

    assert stands(decide(due(), plan, {(1, 0): True}, now=NOW)) == (3, None, 2)
    assert stands(decide(due(), plan, {(1, 0): False}, now=NOW)) == (3, None, 3)


def test_what_a_way_has_just_done_is_carried_out_before_anything_is_asked():
    plan = almanac(tag(1, "knee"), split(2, "knee", yes=(email(3),)))

    found = decide(due(), plan, {}, now=NOW)

    assert stands(found) == (1, NOW, None)
    assert [step.key for step in found.effects] == [1]
    assert isinstance(decide(due(1), plan, {}, now=NOW), Question)


def test_a_wait_of_minutes_is_kept_when_the_mail_before_it_went_late():
    plan = almanac(email(1, 1), replace(email(2), wait=Wait(minutes=30)))
    late = NOW + timedelta(minutes=45)

    found = decide(due(), plan, {}, now=late)

    assert stands(found) == (1, late + 30 * MINUTE, 1)
