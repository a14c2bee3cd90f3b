"""What a goal ends, what it leaves alone, and how ways that wait are told at once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
from django.db import connections, transaction

from booking import goals as bookings
from booking.models import GoalKind
from leads.consent import services as consent
from leads.tags import services as tags
from newsletter.deliveries.models import State
from newsletter.models import Click, Delivery, Enrolment, Fact, Outcome, Sequence
from newsletter.sequences import goals, services, walk
from newsletter.sequences.advance import _advance_chunk
from newsletter.sequences.almanac import Almanac
from newsletter.sequences.models import ClicksSeen
from newsletter.sequences.plan.document import Event, EventKind, Step, StepKind
from newsletter.tracking import services as tracking
from newsletter.tracking.labels import BURST
from tests.factories import mail, people
from tests.newsletter.sequences import plans
from tests.newsletter.sequences.course import cancelled, hand_over, planned
from tests.newsletter.sequences.plans import email, until_clicked
from tests.newsletter.sequences.ways import (
    DAY,
    MINUTE,
    NOW,
    PERSON_SEEN,
    begun,
    click,
    ending,
    goal,
    reader,
    sequence,
    tick,
)

pytestmark = pytest.mark.django_db
LATER = NOW + DAY


def until(key: int, kind: EventKind, value: str = "", *, yes: tuple[Step, ...] = (), no: tuple[Step, ...] = ()) -> Step:
    return Step(key, StepKind.UNTIL, event=Event(kind, value), days=9, yes=yes, no=no)


GOALS = [
    ((EventKind.BOOKED, ""), (EventKind.BOOKED, "phone"), True),
    ((EventKind.BOOKED, "phone"), (EventKind.BOOKED, "phone"), True),
    ((EventKind.BOOKED, "direct"), (EventKind.BOOKED, "phone"), False),
    ((EventKind.ATTENDED, ""), (EventKind.BOOKED, "phone"), False),
    ((EventKind.ATTENDED, ""), (EventKind.ATTENDED, ""), True),
    ((EventKind.TAG, " Knee  pain "), (EventKind.TAG, "knee pain"), True),
    ((EventKind.TAG, "hip"), (EventKind.TAG, "knee"), False),
    ((EventKind.REPLIED, ""), (EventKind.REPLIED, ""), True),
    ((EventKind.CLICKED, ""), (EventKind.BOOKED, "phone"), False),
]


@pytest.mark.parametrize(("wanted", "came", "ends"), GOALS)
def test_what_is_reached_is_the_same_for_the_plan_and_for_the_database(wanted, came, ends):
    way = begun(sequence(email(1), **goal(*wanted)))

    assert goals.reached(way.lead, Event(*came), now=NOW) == int(ends)

    assert Event(*wanted).is_reached_by(Event(*came)) is ends
    assert ending(way) == (("exited", came[0].value) if ends else ("active", ""))


def test_a_plan_without_a_goal_ends_for_nothing_and_one_from_before_plans_for_a_booking():
    without = begun(sequence(email(1)))
    before = mail.enrolment(without.lead)

    bookings.reach(without.lead, kind=GoalKind.PHONE, now=NOW)

    assert (ending(without), ending(before)) == (("active", ""), ("exited", "booked"))


def test_a_booking_ends_the_way_from_anywhere_before_its_next_mail_and_says_which_mail_was_the_last():
    way = begun(sequence(email(1), until_clicked(2, 3), email(3, 2), email(4, 2), **goal(EventKind.BOOKED)))
    for days in range(4):
        tick(NOW + days * DAY)
        hand_over(NOW + days * DAY)
    tick(NOW + 5 * DAY)
    assert planned(way) == [1, 3]

    bookings.reach(way.lead, kind=GoalKind.DIRECT, now=NOW + 5 * DAY)
    for days in range(5, 20):
        tick(NOW + days * DAY)

    assert ending(way) == ("exited", "booked")
    assert (way.last_key, planned(way), cancelled(way)) == (1, [1, 3], [3])


def test_a_way_whose_last_mail_is_taken_back_ended_for_the_goal_and_did_not_finish():
    way = begun(sequence(email(1), **goal(EventKind.BOOKED)))
    tick(NOW)
    assert ending(way)[0] == "finished"

    assert goals.reached(way.lead, Event(EventKind.BOOKED), now=LATER) == 1

    assert (ending(way), cancelled(way)) == (("exited", "booked"), [1])
    assert (way.last_key, way.ended_at) == (None, LATER)


@pytest.mark.parametrize("key", [1, 2])
def test_a_way_whose_last_mail_has_left_finished_and_the_booking_is_credited_all_the_same(key):
    way = begun(sequence(email(1), email(2, 1), **goal(EventKind.BOOKED)))
    for now in (NOW, LATER):
        tick(now)
        hand_over(now)
    click(way, key, at=LATER)

    bookings.reach(way.lead, kind=GoalKind.PHONE, now=LATER + MINUTE)

    assert (ending(way), cancelled(way)) == (("finished", ""), [])
    credited = Fact.objects.get(kind="booked").delivery_id
    assert Delivery.objects.values_list("owner", "item").get(pk=credited) == (way.pk, key)


def test_other_ways_and_other_people_go_on():
    books, attends = (
        sequence(email(1), key="a", **goal(EventKind.BOOKED)),
        sequence(email(1), key="b", **goal(EventKind.ATTENDED)),
    )
    lead = reader()
    mine, mine_too, others = begun(books, lead), begun(attends, lead), begun(books)
    tick(NOW)

    bookings.reach(lead, kind=GoalKind.PHONE, now=NOW)

    assert [cancelled(way) for way in (mine, mine_too, others)] == [[1], [], []]


def test_the_held_out_reach_goals_and_are_counted_apart():
    books = sequence(email(1), holdout=50, **goal(EventKind.BOOKED))
    lead = next(one for one in (reader() for _ in range(40)) if walk.is_drawn(one.pk, books.pk, 50))
    way = begun(books, lead)

    bookings.reach(lead, kind=GoalKind.PHONE, now=LATER)

    assert (ending(way), way.ended_at) == (("held_out", "booked"), LATER)


def test_a_goal_that_is_undone_with_its_cause_was_never_reached():
    way = begun(sequence(email(1), **goal(EventKind.BOOKED)))
    tick(NOW)

    with transaction.atomic():
        bookings.reach(way.lead, kind=GoalKind.PHONE, now=NOW)
        transaction.set_rollback(True)

    assert cancelled(way) == []


def test_an_opt_out_ends_every_way_whatever_its_goal():
    lead = reader()
    ways = [begun(sequence(email(1), key=kind.value, **goal(kind)), lead) for kind in EventKind]

    consent.withdraw(lead, how="mail", now=NOW)

    assert {ending(way) for way in ways} == {("exited", "unsubscribed")}


# Clicks


def clicking(value: str = "") -> Enrolment:
    """Somebody who has got two mails, and has a third to come; the goal is a click."""
    way = begun(sequence(email(1), email(2, 1), email(3, 5), **goal(EventKind.CLICKED, value)))
    tick(NOW)
    hand_over(NOW)
    tick(LATER)
    hand_over(LATER)
    assert planned(way) == [1, 2]
    return way


def test_a_persons_click_is_reached_with_the_next_tick():
    way = clicking()
    click(way, 1, at=LATER)

    tick(LATER + PERSON_SEEN)

    assert ending(way) == ("exited", "clicked")


@pytest.mark.parametrize(("key", "ends"), [(1, False), (2, True)])
def test_a_click_in_one_mail_can_be_the_goal(key, ends):
    way = clicking("2")
    click(way, key, at=LATER)

    tick(LATER + PERSON_SEEN)

    assert ending(way)[0] == ("exited" if ends else "active")


@pytest.mark.parametrize("label", ["scanner", "unknown"])
def test_nobody_elses_click_ends_anything(label):
    way = clicking()
    click(way, 1, at=LATER, label=label)

    tick(LATER + PERSON_SEEN)

    assert ending(way) == ("active", "")


def test_a_click_that_turns_out_to_be_one_of_a_burst_in_time_is_nobodys():
    way = clicking()
    first = click(way, 1, at=LATER)
    goals.look_at_clicks(LATER + BURST - timedelta(microseconds=1))
    Click.objects.filter(pk=first.pk).update(label="scanner")

    goals.look_at_clicks(LATER + PERSON_SEEN)

    assert ending(way) == ("active", "")


def test_a_click_that_a_form_proves_to_be_a_persons_counts_at_once():
    way = clicking()
    unsure = click(way, 1, at=LATER, label="unknown", reason="no script ran")
    goals.look_at_clicks(LATER + PERSON_SEEN)

    assert tracking.confirm_person(unsure.pk, now=LATER + MINUTE)

    assert ending(way) == ("exited", "clicked")


def test_a_click_in_a_campaign_is_no_click_in_a_way():
    way = clicking()
    mail.click(mail.delivery(way.lead, kind=1, owner=way.pk), at=LATER)

    tick(LATER + PERSON_SEEN)

    assert ending(way) == ("active", "")


def test_many_clicks_are_looked_at_in_lots_and_each_once(monkeypatch):
    monkeypatch.setattr(goals, "CLICKS_AT_ONCE", 3)
    way = clicking()
    for number in range(10):
        click(way, 1, at=LATER + timedelta(microseconds=number), label="unknown")
    last = click(way, 2, at=LATER + timedelta(seconds=1))
    young = click(way, 2, at=LATER + MINUTE)

    goals.look_at_clicks(LATER + timedelta(seconds=1) + BURST)

    assert ending(way) == ("exited", "clicked")
    assert ClicksSeen.objects.get().last_id == last.pk
    goals.look_at_clicks(LATER + MINUTE + BURST)
    assert ClicksSeen.objects.get().last_id == young.pk


def test_no_click_since_the_last_look_costs_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        goals.look_at_clicks(NOW)


# Knocks


def test_who_waits_for_a_click_goes_on_as_soon_as_it_comes():
    way = begun(sequence(email(1), until_clicked(2, 9, yes=(email(3),), no=(email(4),))))
    tick(NOW)
    hand_over(NOW)
    click(way, 1, at=NOW + MINUTE)

    tick(NOW + 2 * MINUTE)

    assert planned(way) == [1, 3]


@pytest.mark.parametrize("kind", [EventKind.BOOKED, EventKind.TAG, EventKind.REPLIED])
def test_who_waits_for_something_else_is_told_by_it(kind):
    value = "knee" if kind == EventKind.TAG else ""
    way = begun(sequence(email(1), until(2, kind, value, yes=(plans.end(3),), no=(email(4),))))
    tick(NOW)
    hand_over(NOW)

    if kind == EventKind.BOOKED:
        bookings.reach(way.lead, kind=GoalKind.PHONE, now=LATER)
    elif kind == EventKind.TAG:
        tags.add(way.lead, name="knee", by=None, now=LATER)
    else:
        services.replied(Delivery.objects.get(owner=way.pk, item=1).pk, now=LATER)
    tick(LATER)

    assert (ending(way), planned(way)) == (("finished", ""), [1])


def test_a_question_asked_is_a_reply():
    way = begun(sequence(email(1), until(2, EventKind.REPLIED, yes=(plans.end(3),))))
    tick(NOW)
    people.inquiry(way.lead, received_at=LATER)
    goals.reached(way.lead, Event(EventKind.REPLIED), now=LATER)

    tick(LATER)

    assert ending(way) == ("finished", "")


def test_what_happened_before_the_wait_began_is_not_waited_for():
    way = begun(sequence(email(1, 1), until(2, EventKind.BOOKED, yes=(plans.end(3),))))
    bookings.reach(way.lead, kind=GoalKind.PHONE, now=NOW)

    tick(LATER)
    tick(LATER + MINUTE)

    assert (ending(way), planned(way)) == (("active", ""), [1])


def test_a_reply_is_heard_once_and_ends_what_it_is_the_goal_of():
    way = begun(sequence(email(1), email(2, 3), **goal(EventKind.REPLIED)))
    tick(NOW)
    delivery = Delivery.objects.get(owner=way.pk).pk

    assert [services.replied(delivery, now=LATER), services.replied(delivery, now=LATER)] == [True, False]
    assert not services.replied(delivery + 1, now=LATER)

    assert ending(way) == ("exited", "replied")
    assert list(Fact.objects.values_list("delivery_id", "kind")) == [(delivery, "replied")]


# Beside one another


def ends_of(of: Sequence) -> set[tuple[str, str]]:
    return set(of.enrolments.values_list("state", "exit_reason"))


@pytest.mark.django_db(transaction=True)
def test_ways_that_tag_one_another_and_bookings_at_once_throw_nobody_out():
    """Two ticks whose tags end each other's ways, a third one, and bookings of the same people: who is first ends."""
    first = sequence(plans.tag(1, "one"), email(2), email(3, 1), key="a", **goal(EventKind.TAG, "two"))
    second = sequence(plans.tag(1, "two"), email(2), email(3, 1), key="b", **goal(EventKind.TAG, "one"))
    third = sequence(email(1), email(2, 1), key="c", **goal(EventKind.BOOKED))
    crowd = [reader() for _ in range(30)]
    for lead in crowd:
        for one in (first, second, third):
            begun(one, lead)
    together = threading.Barrier(13)

    def meet(act: Callable[[], object]) -> None:
        try:
            together.wait(60)
            act()
        finally:
            connections.close_all()

    acts: list[Callable[[], object]] = [
        partial(_advance_chunk, one.pk, Almanac(), NOW, is_reaching_out=one != third) for one in (first, second, third)
    ]
    acts += [partial(bookings.reach, lead, kind=GoalKind.PHONE, now=NOW) for lead in crowd[:10]]
    with ThreadPoolExecutor(len(acts)) as pool:
        for future in [pool.submit(meet, act) for act in acts]:
            future.result(60)

    assert sorted(map(sorted, (ends_of(first), ends_of(second)))) == [[("active", "")], [("exited", "tag")]]
    assert set(third.enrolments.filter(lead__in=crowd[:10]).values_list("exit_reason", flat=True)) == {"booked"}
    over = Enrolment.objects.filter(state="exited").values("pk")
    left = Delivery.objects.filter(owner__in=over).values_list("pk", flat=True)
    assert set(left) == set(Outcome.objects.filter(state=State.CANCELLED).values_list("delivery_id", flat=True))
