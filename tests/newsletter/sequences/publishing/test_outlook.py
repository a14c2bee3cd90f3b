from dataclasses import replace
from datetime import time
from typing import Any

import pytest

from leads.tags import services as tags
from newsletter.models import Delivery, Enrolment
from newsletter.sequences import one as single
from newsletter.sequences import publishing, services
from newsletter.sequences.plan.document import Event, EventKind, Hours
from newsletter.sequences.publishing import Choice
from newsletter.sequences.schedule import Wait
from tests.factories import people
from tests.newsletter.sequences import plans
from tests.newsletter.sequences.course import DAY, NOW, hand_over, planned, walk
from tests.newsletter.sequences.publishing.test_versions import MOVE, inside, mailing, publish, sequence

pytestmark = pytest.mark.django_db
HOUR = DAY / 24


def test_staff_see_beforehand_who_would_get_what_and_publishing_does_just_that():
    one, two, three = mailing(1), mailing(2, 2), mailing(3, 2)
    made = sequence(one, two, three)
    far = inside(made)
    walk(NOW + 2 * DAY)
    hand_over(NOW + 2 * DAY)
    near, over = inside(made, at=NOW + 2 * DAY), inside(made)
    type(over).objects.filter(pk=over.pk).update(state="finished", ended_at=NOW, due_at=None, next_position=3)
    now, changed = NOW + 2 * DAY + DAY / 24, (one, mailing(4, 1), three, mailing(5, 1))

    outlook = publishing.Outlook(made, plans.plan(*changed), now)
    seen = outlook.preview()

    assert (seen.inside, seen.would_move, seen.stay, seen.finished, seen.taken_back) == (2, 1, 1, 0, 0)
    told = {person.way_id: person for person in publishing.people(outlook)}
    keys = {pk: ([mail.key for mail in of.before], [mail.key for mail in of.after]) for pk, of in told.items()}
    assert keys == {far.pk: ([3], [3]), near.pk: ([1, 2, 3], [1, 4, 3, 5])}
    assert {pk: of.moves for pk, of in told.items()} == {far.pk: False, near.pk: True}

    publish(made, *changed, choice=MOVE, at=now)
    walk(NOW + 9 * DAY, start=now)
    assert (planned(far), planned(near)) == ([1, 2, 3], [1, 4, 3, 5])


def test_looking_changes_nothing_and_says_what_publishing_then_does():
    one, two = mailing(1), mailing(2, 2)
    made = sequence(one, two)
    inside(made)
    services.advance(NOW)
    hand_over(NOW)
    services.advance(NOW + 2 * DAY)
    changed, now = (one, mailing(3, 1), mailing(4, 1)), NOW + 2 * DAY

    seen = publishing.preview(made, plans.plan(*changed), now)

    assert (seen.inside, seen.finished, seen.taken_back) == (0, 0, 1)
    assert Delivery.objects.count() == 2
    done = publish(made, *changed, choice=MOVE, at=now)
    assert (done.moved, done.cancelled) == (0, 1)


def test_who_has_finished_is_counted_if_something_is_new_for_them():
    one = mailing(1)
    made = sequence(one)
    inside(made)
    services.advance(NOW)
    longer = (one, mailing(2, 1))

    assert publishing.preview(made, plans.plan(*longer), NOW).finished == 1
    assert publishing.preview(made, plans.plan(one), NOW).finished == 0
    assert publish(made, *longer, choice=Choice(also_finished=True)).taken_up == 1


def test_who_has_reached_the_goal_since_is_not_counted_among_those_who_would_go_on():
    one = mailing(1)
    made = sequence(one)
    inside(made)
    tagged = inside(made)
    services.advance(NOW)
    tags.add(tagged.lead, name="warm", by=None, now=NOW + DAY)
    longer = (one, mailing(2, 1))

    seen = publishing.preview(made, replace(plans.plan(*longer), goal=Event(EventKind.TAG, "warm")), NOW + DAY)

    assert seen.finished == 1


def test_what_is_on_its_way_is_told_of_and_what_was_held_is_told_as_if_it_went_on():
    one, two, three = mailing(1), mailing(2, 2), mailing(3, 2)
    made = sequence(one, two, three)
    near, held = inside(made), inside(made, at=NOW + DAY)
    services.advance(NOW)
    hand_over(NOW)
    single.pause(held, by=people.staff(), reason="On holiday", now=NOW)
    now = NOW + 2 * DAY
    services.advance(now)

    told = publishing.people(publishing.Outlook(made, plans.plan(one, three), now))

    assert [(person.way_id, person.is_held) for person in told] == [(near.pk, False), (held.pk, True)]
    assert [(mail.key, mail.at) for mail in told[0].before] == [(2, None), (3, now + 2 * DAY)]
    assert [(mail.key, mail.at) for mail in told[0].after] == [(3, now + 2 * DAY)]
    assert [mail.key for mail in told[1].before] == [1, 2, 3]
    assert [mail.key for mail in told[1].after] == [1, 3]


def test_those_inside_come_a_page_at_a_time():
    made = sequence(mailing(1))
    ways = [inside(made, at=NOW + n * DAY).pk for n in range(3)]
    outlook = publishing.Outlook(made, plans.plan(mailing(1, 1)), NOW)

    assert [person.way_id for person in publishing.people(outlook, first=1, most=1)] == [ways[1]]
    assert [person.way_id for person in publishing.people(outlook, first=2, most=9)] == [ways[2]]


def test_whom_a_shorter_wait_brings_to_now_is_dealt_out_and_staff_see_it_beforehand():
    first, second = mailing(1), mailing(2, 9)
    made = sequence(first, second)
    ways = [inside(made) for _n in range(8)]
    services.advance(NOW)
    hand_over(NOW)
    late = inside(made, at=NOW + 3 * DAY)
    services.advance(NOW + 3 * DAY)
    hand_over(NOW + 3 * DAY)
    now, sooner = NOW + 4 * DAY, (first, replace(second, wait=Wait(2)))

    outlook = publishing.Outlook(made, plans.plan(*sooner), now, hours=4)
    seen, told = outlook.preview(), publishing.people(outlook)

    assert (seen.would_move, seen.at_once) == (9, 8)
    assert [(part.begins_at, part.people) for part in seen.parts] == [
        (now, 2),
        (now + HOUR, 2),
        (now + 2 * HOUR, 2),
        (now + 3 * HOUR, 2),
    ]
    done = publish(made, *sooner, choice=replace(MOVE, hours=4), at=now)
    assert (done.moved, done.version.transfers.get().dealt) == (9, 8)
    dues = dict(Enrolment.objects.values_list("pk", "due_at"))
    assert {person.way_id: person.after[0].at for person in told} == dues
    assert len({dues[way.pk] for way in ways}) == 8
    assert dues[late.pk] == NOW + 5 * DAY


def test_who_is_brought_before_a_mail_with_hours_of_its_own_is_drawn_when_they_open():
    first, second = mailing(1), mailing(2, 9)
    made = sequence(first, second)
    for _n in range(3):
        inside(made)
    services.advance(NOW)
    hand_over(NOW)
    nine_to_ten = Hours(frozenset(range(7)), time(9), time(10))

    sooner = plans.plan(first, replace(second, wait=Wait(2), hours=nine_to_ten))
    seen = publishing.Outlook(made, sooner, NOW + 4 * DAY, hours=2).preview()

    assert [(part.begins_at, part.people) for part in seen.parts] == [(NOW + 5 * DAY - HOUR, 3)]


def test_who_goes_on_after_the_end_comes_one_after_the_other_too():
    one = mailing(1)
    made = sequence(one)
    for _n in range(4):
        inside(made)
    services.advance(NOW)

    longer = one, mailing(2)
    told = publishing.finished(publishing.Outlook(made, plans.plan(*longer), NOW + DAY, hours=4))
    publish(made, *longer, choice=Choice(also_finished=True, hours=4), at=NOW + DAY)

    comes = {person.way_id: [(mail.key, mail.at) for mail in person.after] for person in told}
    assert comes == {pk: [(2, due)] for pk, due in Enrolment.objects.values_list("pk", "due_at")}
    dues = sorted(Enrolment.objects.values_list("due_at", flat=True))
    assert NOW + DAY < dues[0] < dues[1] < dues[2] < dues[3] < NOW + DAY + 4 * HOUR
    assert sorted(Enrolment.objects.values_list("since", flat=True)) == dues


@pytest.mark.parametrize("others", [0, 2])
def test_the_list_asks_the_database_as_often_for_one_as_for_many(others: int, django_assert_num_queries: Any):
    one = mailing(1)
    made = sequence(one)
    for _n in range(1 + others):
        inside(made, at=NOW + DAY)
    outlook = publishing.Outlook(made, plans.plan(mailing(2), one), NOW)

    with django_assert_num_queries(20):
        publishing.people(outlook)
