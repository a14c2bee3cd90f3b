"""Two are merged while something else happens to either: on a real database, each on a connection of its own."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connections, transaction

from leads.consent import services as consent
from leads.merging.services import Overtaken, merge
from leads.models import Lead
from newsletter.deliveries.admission import candidates
from newsletter.deliveries.models import Chunk, Kind, Outcome, Recall
from newsletter.models import Delivery, Enrolment, Suppression
from newsletter.sequences import entering, services
from tests.factories import people
from tests.leads.test_races import at_once
from tests.newsletter.sequences.course import DAY, hand_over
from tests.newsletter.sequences.plans import email
from tests.newsletter.sequences.test_at_once import until_it_waits_for_us
from tests.newsletter.sequences.ways import NOW, begun, reader, sequence

pytestmark = pytest.mark.django_db(transaction=True)

COURSE = (email(1), email(2, 2), email(3, 2))


class Beside:
    """Somebody else acts while our transaction is open, and is done once it has ended; `given` is what that gave."""

    def __init__(self, act: Callable[[], object]) -> None:
        self.act = act
        self.given: list[object] = []
        self.thread = threading.Thread(target=self._run)

    @contextmanager
    def us(self) -> Iterator[None]:
        with transaction.atomic():
            yield
        self.thread.join(timeout=60)
        assert len(self.given) == 1

    def begin(self) -> None:
        self.thread.start()
        until_it_waits_for_us()

    def _run(self) -> None:
        try:
            self.given.append(self.act())
        finally:
            connections.close_all()


@pytest.mark.parametrize("attempt", range(3))
def test_of_two_mergings_that_cross_one_happens(attempt):
    by, one, other = people.staff(), people.lead(), people.lead()

    raised = at_once(lambda: merge(one, other, by=by, now=NOW), lambda: merge(other, one, by=by, now=NOW))

    assert [type(error) for error in raised] == [Overtaken]
    assert Lead.objects.filter(erased_at=None).count() == 1


@pytest.mark.parametrize("attempt", range(3))
def test_who_leaves_while_they_are_merged_has_left(attempt):
    by, kept, gone = people.staff(), reader(), reader()

    raised = at_once(
        lambda: consent.withdraw(gone, how="one click", now=NOW),
        lambda: merge(kept, gone, by=by, now=NOW),
    )

    assert raised == []
    assert Suppression.objects.filter(address_hash=people.hash_of(kept), lifted_at=None).exists()


def test_who_left_comes_before_whoever_waits_for_their_address():
    """The other way round: they are merged already, and only then does their wish get its turn."""
    by, kept, gone = people.staff(), reader(), reader()

    other = Beside(lambda: consent.withdraw(gone, how="one click", now=NOW))
    with other.us():
        merge(Lead.objects.get(pk=kept.pk), Lead.objects.get(pk=gone.pk), by=by, now=NOW)
        other.begin()

    assert Suppression.objects.filter(address_hash=people.hash_of(kept), lifted_at=None).exists()


@pytest.mark.parametrize("attempt", range(3))
def test_a_tick_that_advances_both_ways_meanwhile_mails_no_step_twice(attempt):
    course, by = sequence(*COURSE), people.staff()
    kept, gone = begun(course), begun(course)

    raised = at_once(lambda: services.advance(NOW), lambda: merge(kept.lead, gone.lead, by=by, now=NOW))

    assert raised == []
    for day in range(10):
        services.advance(NOW + day * DAY)
        hand_over(NOW + day * DAY)
    left = Outcome.objects.filter(state=1).values("delivery_id")
    mailed = Delivery.objects.filter(kind=Kind.STEP, pk__in=left)
    assert sorted(mailed.values_list("lead_id", "item")) == [(kept.lead_id, key) for key in (1, 2, 3)]
    assert Enrolment.objects.filter(ended_at=None).count() == 0


def test_the_gate_was_quicker_and_what_it_let_through_is_not_tried_again():
    course, by = sequence(*COURSE), people.staff()
    gone, kept = begun(course), people.lead()
    services.advance(NOW)
    planned = Delivery.objects.get(kind=Kind.STEP, owner=gone.pk)

    other = Beside(lambda: merge(kept, gone.lead, by=by, now=NOW))
    with other.us():
        candidates.lock_addresses([planned.pk])
        other.begin()
        _now, rows = candidates.read([planned.pk])
        Chunk.objects.filter(pk=planned.chunk_id).update(mark=1)

    assert [row.address for row in rows] == [gone.lead.email]
    assert Recall.objects.filter(delivery_id=planned.pk, reason="merged").exists()
    assert not Outcome.objects.filter(delivery_id=planned.pk).exists()


def test_the_gate_was_slower_and_finds_nothing_to_let_through():
    course, by = sequence(*COURSE), people.staff()
    gone, kept = begun(course), people.lead()
    services.advance(NOW)
    planned = Delivery.objects.get(kind=Kind.STEP, owner=gone.pk)

    def gate() -> list[object]:
        with transaction.atomic():
            candidates.lock_addresses([planned.pk])
            return list(candidates.read([planned.pk])[1])

    other = Beside(gate)
    with other.us():
        merge(kept, gone.lead, by=by, now=NOW)
        other.begin()

    assert other.given == [[]]


def test_nobody_begins_anything_under_an_address_that_is_being_merged():
    course, by = sequence(*COURSE), people.staff()
    kept, gone = reader(), reader()

    other = Beside(lambda: entering.enter(course, [gone.pk], now=NOW))
    with other.us():
        merge(kept, gone, by=by, now=NOW)
        other.begin()

    assert other.given == [[]]
    assert not Enrolment.objects.exists()


def test_a_way_that_the_kept_one_begins_meanwhile_does_not_stand_in_the_way():
    course, by = sequence(*COURSE), people.staff()
    gone, kept = begun(course), reader()

    other = Beside(lambda: merge(kept, gone.lead, by=by, now=NOW))
    with other.us():
        assert entering.enter(course, [kept.pk], now=NOW) == [kept.pk]
        other.begin()

    found = Enrolment.objects.filter(lead=kept).order_by("turn").values_list("turn", "exit_reason")
    assert list(found) == [(0, "merged"), (1, "")]
