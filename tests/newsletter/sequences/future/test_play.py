"""A future that is played: what comes when, and every reason why not earlier. No database."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest

from newsletter.deliveries.lately import Cap, Lately
from newsletter.sequences.arriving import first_due
from newsletter.sequences.future import simulate
from newsletter.sequences.future.happenings import Future, What
from newsletter.sequences.future.onward import MOST, Earlier, Onward
from newsletter.sequences.future.play import Setting, play
from newsletter.sequences.future.script import Act, Deed, Reader, Script, said
from newsletter.sequences.future.way import Place
from newsletter.sequences.future.why import Why
from newsletter.sequences.plan.document import Again, Event, EventKind, Scarce, Step, StepKind
from newsletter.sequences.schedule import Calendar, Wait, Window
from tests.newsletter.sequences.plans import (
    NOW,
    TORONTO,
    almanac,
    due,
    email,
    end,
    hand_over,
    lot,
    pause,
    plan,
    split,
    tag,
    until_clicked,
)

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
OFFICE_DAYS = Window(frozenset(range(5)), time(9), time(18))
ROOMY = Cap(100, 7 * DAY)
ONCE = frozenset([0])


def future(*steps: Step, reader: Reader = Reader(), deeds: tuple[Deed, ...] = (), **options) -> Future:  # noqa: B008
    begins = options.pop("begins", NOW)
    calendar = options.pop("calendar", Calendar(OFFICE_DAYS))
    book = almanac(*steps, calendar=calendar)
    setting = Setting(book, options.pop("cap", ROOMY), **options)
    at = first_due(book.published(1), now=begins, zone=TORONTO, is_asked_for=True)
    row = replace(due(at=at, since=begins, paused_until=reader.paused_until, is_asked_for=True), id=0)
    return play([row], reader, setting, now=begins, deeds=deeds)[0]


def mails(of: Future) -> list[tuple[int | None, str]]:
    return [(one.key, f"{one.at.astimezone(TORONTO):%a %d %b %H:%M}") for one in of.mails]


def going_on(*steps: Step, **rules: Any) -> dict[str, Any]:
    """What a setting knows of a sequence 9 whose version is 2, and how a person gets into it."""
    return {"onward": {9: Onward(9, 2, plan(*steps, **rules))}, "places": {1: Place(0, 8), 2: Place(0, 9)}}


def handed(
    *steps: Step,
    ahead: tuple[Step, ...],
    reader: Reader = Reader(),  # noqa: B008
    occasion: int = 0,
    **rules: Any,
) -> Future:
    """What becomes of a way whose plan hands over to another."""
    book, calendar = almanac(*steps, calendar=Calendar(OFFICE_DAYS)), Calendar(OFFICE_DAYS)
    book.suppose(2, almanac(*ahead, calendar=calendar, version_id=2).published(2))
    paused, at = rules.pop("is_paused", False), rules.pop("at", NOW)
    known = going_on(*ahead, **rules)
    known["onward"][9] = replace(known["onward"][9], is_paused=paused)
    row = replace(due(at=at, since=at, is_asked_for=True), id=0, occasion=occasion)
    return play([row], reader, Setting(book, ROOMY, **known), now=at)[0]


def notes(of: Future) -> list[str]:
    return [one.note for way in of.every() for one in way.happenings if one.what == What.HANDOVER]


def reasons(of: Future, key: int) -> list[str]:
    return [reason.kind.value for one in of.mails if one.key == key for reason in one.why]


def test_a_course_comes_mail_by_mail_and_says_how_long_it_waits():
    found = future(email(1), email(2, days=2), email(3, days=1))

    assert mails(found) == [(1, "Tue 05 Jan 10:00"), (2, "Thu 07 Jan 10:00"), (3, "Fri 08 Jan 10:00")]
    assert [reasons(found, key) for key in (1, 2, 3)] == [[], ["wait"], ["wait"]]
    assert (found.end, found.ended_at) == ("finished", NOW + 3 * DAY)


def test_the_hours_the_weekend_and_a_day_off_are_told_apart():
    monday = date(2027, 1, 11)
    calendar = Calendar(OFFICE_DAYS, frozenset({monday}))
    found = future(email(1), pause(2, days=3, hours=9), email(3), calendar=calendar)

    assert mails(found) == [(1, "Tue 05 Jan 10:00"), (3, "Tue 12 Jan 09:00")]
    assert reasons(found, 3) == ["wait", "hours", "weekday", "holiday"]
    weekend, holiday = found.mails[1].why[2:]
    assert weekend.days == (date(2027, 1, 9), date(2027, 1, 10))
    assert holiday.days == (monday,)
    assert all(one.until <= other.until for one, other in pairwise(found.mails[1].why))


def test_a_time_of_day_is_a_reason_and_so_are_the_clocks():
    begins = datetime(2027, 3, 12, 15, tzinfo=UTC)
    later = Step(2, StepKind.EMAIL, wait=Wait(days=3, at=time(11)), email=2)
    found = future(email(1), later, begins=begins)

    assert mails(found) == [(1, "Fri 12 Mar 10:00"), (2, "Mon 15 Mar 11:00")]
    assert reasons(found, 2) == ["wait", "time_of_day", "clocks"]
    assert found.mails[1].why[2].days == (date(2027, 3, 14),)


def test_a_click_leads_into_the_branch_and_the_branch_says_when():
    steps = (email(1), until_clicked(2, 3, yes=(email(3, days=1),), no=(email(4),)), end(5))
    clicked = future(*steps, deeds=(Deed(Act.CLICKED, after=1, delay=2 * HOUR),))
    quiet = future(*steps)

    assert mails(clicked) == [(1, "Tue 05 Jan 10:00"), (3, "Wed 06 Jan 12:00")]
    assert mails(quiet) == [(1, "Tue 05 Jan 10:00"), (4, "Fri 08 Jan 10:00")]
    assert [(one.what.value, one.at) for one in clicked.happenings if one.key == 2] == [("yes", NOW + 2 * HOUR)]
    waited = next(one for one in quiet.happenings if one.key == 2)
    assert (waited.what.value, [reason.kind for reason in waited.why]) == ("no", [Why.PATIENCE])


def test_reaching_the_goal_ends_it_before_the_next_mail():
    goals = {1: Event(EventKind.BOOKED)}
    deeds = (Deed(Act.BOOKED, after=2, delay=DAY),)
    found = future(email(1), email(2, days=2), email(3, days=2), goals=goals, deeds=deeds)

    assert [one.key for one in found.mails] == [1, 2]
    assert (found.end, found.ended_at) == ("booked", NOW + 3 * DAY)


def test_a_pause_is_told_once_however_long_it_lasts():
    reader = Reader(paused_until=NOW + 20 * DAY)
    found = future(email(1), email(2, days=2), reader=reader)

    assert mails(found) == [(1, "Mon 25 Jan 10:00"), (2, "Wed 27 Jan 10:00")]
    assert reasons(found, 1) == ["paused"]
    assert reasons(found, 2) == ["wait"]


def test_the_cap_and_a_campaign_on_the_same_day_put_a_mail_off():
    two_a_week = Cap(2, 7 * DAY)
    capped = future(email(1), email(2, days=1), email(3, days=1), cap=two_a_week)
    beside = future(email(1), email(2, days=1), reader=Reader(campaigns=(NOW + DAY - HOUR,)))

    assert mails(capped)[2] == (3, "Tue 12 Jan 10:00")
    assert reasons(capped, 3) == ["wait", "cap"]
    assert mails(beside)[1] == (2, "Thu 07 Jan 10:00")
    assert reasons(beside, 2) == ["wait", "campaign"]


def test_by_whatever_clock_the_beginning_is_said_the_cap_counts_hours():
    two_a_week, begins = Cap(2, 7 * DAY), datetime(2027, 3, 11, 10, tzinfo=TORONTO)
    local = future(email(1), email(2, days=1), email(3, days=1), cap=two_a_week, begins=begins)
    same = future(email(1), email(2, days=1), email(3, days=1), cap=two_a_week, begins=begins.astimezone(UTC))

    assert mails(local) == mails(same)
    assert mails(local)[2] == (3, "Thu 18 Mar 11:00")


def test_what_people_got_before_counts_too():
    reader = Reader(lately=Lately([NOW - DAY, NOW - 2 * DAY]))
    found = future(email(1), email(2, days=1), reader=reader, cap=Cap(3, 7 * DAY))

    assert mails(found)[1] == (2, "Mon 11 Jan 09:00")
    assert reasons(found, 2) == ["wait", "cap"]


def test_an_invitation_waits_while_free_calls_are_few():
    invitation = Step(2, StepKind.EMAIL, wait=Wait(days=1), email=2, scarce=Scarce(3, 7))
    found = future(email(1), invitation, is_scarce=lambda _scarce, at: at < NOW + 3 * DAY)

    assert mails(found)[1] == (2, "Fri 08 Jan 10:00")
    assert reasons(found, 2) == ["wait", "few_calls"]


def test_tags_and_conditions_lead_the_way_and_the_ways_own_tags_count():
    found = future(
        tag(1, "Knee"),
        split(2, "knee", yes=(email(3),), no=(email(4),)),
        Step(5, StepKind.SPLIT, condition={"name": "status", "value": "lead", "not": True}, yes=(email(6),)),
        email(7),
        reader=Reader(holds=said({("status", "lead")})),
    )

    assert [one.key for one in found.mails] == [3, 7]


def test_lots_are_drawn_as_the_reader_says():
    steps = (lot(1, 50, yes=(email(2),), no=(email(3),)),)

    assert [one.key for one in future(*steps, reader=Reader(draws=True)).mails] == [2]
    assert [one.key for one in future(*steps, reader=Reader(draws=False)).mails] == [3]


def test_a_mail_that_no_day_lets_through_ends_the_looking():
    never = almanac(email(1), email(2, days=1), calendar=Calendar(Window(frozenset(), time(9), time(18))))
    later = almanac(email(1, days=1), calendar=Calendar(Window(frozenset(), time(9), time(18))))

    for book in (never, later):
        found = simulate.foresee(Reader(), Setting(book, ROOMY), Script(NOW), version_id=1)
        assert (mails(found), found.end) == ([], "stuck")


def test_a_plan_without_a_step_brings_nothing():
    assert simulate.foresee(Reader(), Setting(almanac(), ROOMY), Script(NOW), version_id=1).happenings == ()


def test_a_way_that_hands_over_is_followed_into_the_other_sequence():
    found = handed(email(1), hand_over(2), ahead=(email(5), email(6, days=1)))

    [other] = found.onward
    assert mails(found) == [(1, "Tue 05 Jan 10:00")]
    assert mails(other) == [(5, "Tue 05 Jan 10:00"), (6, "Wed 06 Jan 10:00")]
    assert (other.sequence_id, other.version_id, other.end, notes(found)) == (9, 2, "finished", [""])


def test_who_asked_at_night_gets_what_they_asked_for_and_not_what_that_hands_over_to():
    found = handed(email(1), hand_over(2), ahead=(email(5),), at=NOW + DAY / 2)

    [other] = found.onward
    assert (mails(found), mails(other)) == ([(1, "Tue 05 Jan 22:00")], [(5, "Wed 06 Jan 09:00")])


@pytest.mark.parametrize(
    ("known", "rules", "why"),
    [
        ({"may_be_mailed": ()}, {}, "may_not"),
        ({"earlier": {9: Earlier(1)}}, {}, "before"),
        ({"earlier": {9: Earlier(1, is_under_way=True)}}, {}, "under_way"),
        ({"earlier": {9: Earlier(1)}}, {"again": Again.OCCASION}, ""),
        ({"earlier": {9: Earlier(1, ONCE)}}, {"again": Again.OCCASION}, "before"),
        ({"earlier": {9: Earlier(1, ONCE, last=NOW - DAY)}}, {"again": Again.DAYS, "again_days": 2}, "too_soon"),
        ({"earlier": {9: Earlier(1, ONCE, last=NOW - 2 * DAY)}}, {"again": Again.DAYS, "again_days": 2}, ""),
        ({}, {"entry": ({"name": "tagged", "value": "knee", "not": False},)}, "entry"),
        ({"tags": {"knee": NOW}}, {"entry": ({"name": "tagged", "value": "knee", "not": False},)}, ""),
        ({}, {"is_paused": True}, "paused"),
        ({}, {"holdout": 100}, "held_out"),
    ],
)
def test_who_may_not_begin_the_other_sequence_does_not_and_it_says_why(known, rules, why):
    found = handed(hand_over(1), ahead=(email(5),), reader=Reader(**known), **rules)

    assert (notes(found), len(found.onward)) == ([why], int(not why))


@pytest.mark.parametrize(
    ("had", "again", "why"),
    [
        ({7}, Again.OCCASION, "before"),
        ({0, 8}, Again.OCCASION, ""),
        ({8}, Again.NEVER, "before"),
    ],
)
def test_who_is_handed_over_for_a_call_comes_for_each_call_where_that_is_the_rule(had, again, why):
    ahead = (hand_over(5),)
    known = Reader(earlier={9: Earlier(1, frozenset(had))})

    found = handed(hand_over(1), ahead=ahead, reader=known, again=again, occasion=7)

    assert notes(found) == ([why] if why else ["", "before"])


def test_what_nobody_published_is_not_handed_over_to():
    found = future(hand_over(1))

    assert (notes(found), found.onward) == (["not_published"], ())


def test_sequences_that_hand_over_to_each_other_for_ever_are_left_at_some_time():
    found = handed(hand_over(1), ahead=(pause(5, days=1), hand_over(6)), again=Again.DAYS)

    assert len([*found.every()]) == 1 + MOST
    assert notes(found) == [""] * MOST + ["enough"]


def test_where_two_are_due_at_once_the_first_place_takes_the_room():
    book = almanac(email(1, days=1))
    book.suppose(2, almanac(email(2, days=1), version_id=2).published(2))
    rows = [due(at=NOW, way=3), due(at=NOW, way=4, version_id=2)]
    places = {1: Place(0, 8), 2: Place(-10, 9)}
    found = play(rows, Reader(), Setting(book, Cap(1, 7 * DAY), places=places), now=NOW)

    assert [mails(found[way]) for way in (3, 4)] == [[(1, "Tue 12 Jan 10:00")], [(2, "Tue 05 Jan 10:00")]]
