"""Sequences that begin one another, and people in several at once: an end to every round, and an order among them."""

import pytest

from leads.tags import services as tags
from newsletter.models import Delivery, Enrolment, Sequence
from newsletter.sequences import services
from newsletter.sequences.models import EnrolmentState
from newsletter.sequences.plan.document import Again, TriggerKind
from tests.factories import clinics
from tests.newsletter.sequences import plans
from tests.newsletter.sequences.course import planned
from tests.newsletter.sequences.plans import email, hand_over, tag
from tests.newsletter.sequences.ways import DAY, MINUTE, NOW, begun, publish, reader, sequence, tick, trigger

pytestmark = pytest.mark.django_db
DAILY = {"again": Again.DAYS, "again_days": 1}


def ticks(days: int) -> None:
    for number in range(days * 8):
        tick(NOW + number * DAY / 8)


def test_sequences_that_hand_over_to_one_another_come_round_as_often_as_their_rules_say():
    first, second = sequence(email(1), key="a", **DAILY), sequence(email(1), key="b", **DAILY)
    publish(first, plans.plan(hand_over(1, second.pk), **DAILY))
    publish(second, plans.plan(hand_over(1, first.pk), **DAILY))
    lead = begun(first).lead

    assert services.advance(NOW) == 1
    assert services.advance(NOW) == 1
    assert [one.enrolments.count() for one in (first, second)] == [1, 1]
    ticks(3)

    assert set(Enrolment.objects.values_list("lead", "state")) == {(lead.pk, EnrolmentState.FINISHED)}
    assert [one.enrolments.count() for one in (first, second)] == [1, 1]


def test_tags_that_begin_one_another_come_round_as_often_as_their_rules_say():
    steps = {"a": (tag(1, "x", adds=False), tag(2, "y")), "b": (tag(1, "y", adds=False), tag(2, "x"))}
    for key, wanted in (("a", "x"), ("b", "y")):
        sequence(*steps[key], key=key, **DAILY, **trigger(TriggerKind.TAG, wanted))
    tags.add(reader(), name="x", by=None, now=NOW)

    for _ in range(20):
        services.advance(NOW)
    assert Enrolment.objects.count() == 2
    ticks(3)

    assert set(Enrolment.objects.values_list("state", flat=True)) == {EnrolmentState.FINISHED}
    assert Enrolment.objects.count() == 2


@pytest.mark.parametrize(("priorities", "goes"), [((0, 5), [[], [1]]), ((5, 0), [[1], []]), ((0, 0), [[1], []])])
def test_where_there_is_room_for_one_mail_the_sequence_of_the_higher_priority_has_it(priorities, goes):
    lead = reader()
    found = [sequence(email(1, 1), key=key) for key in ("a", "b")]
    clinics.clinic(cap_mails=1, cap_days=7)
    ways = [begun(one, lead) for one in found]
    for one, priority in zip(found, priorities, strict=True):
        Sequence.objects.filter(pk=one.pk).update(priority=priority)

    tick(NOW + DAY)

    assert [planned(way) for way in ways] == goes


def test_of_two_ways_that_are_due_at_one_moment_the_first_to_enter_has_the_room():
    lead, knee = reader(), sequence(email(1, 1), again=Again.OCCASION)
    clinics.clinic(cap_mails=1, cap_days=7)
    first, second = begun(knee, lead, occasion=7), begun(knee, lead, occasion=8)
    Enrolment.objects.filter(pk=first.pk).update(due_at=NOW + DAY)
    Enrolment.objects.filter(pk=second.pk).update(due_at=NOW + DAY)
    Enrolment.objects.filter(pk=first.pk).update(last_key=None)  # its row now lies behind the other's

    tick(NOW + DAY + MINUTE)

    assert Delivery.objects.get().owner == first.pk
