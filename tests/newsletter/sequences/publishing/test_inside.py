"""People inside while plans change: whatever is published, and whoever acts at the same moment."""

import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads.people import addresses
from newsletter.models import Enrolment, Sequence
from newsletter.sequences import publishing, services
from newsletter.sequences.models import ExitReason, Transfer
from newsletter.sequences.plan.document import Step, StepKind
from newsletter.sequences.publishing import Choice, Done, Inside, versions
from newsletter.sequences.schedule import Wait
from tests.factories import clinics
from tests.newsletter.sequences import plans
from tests.newsletter.sequences.course import DAY, NOW, cancelled, hand_over, planned, walk
from tests.newsletter.sequences.publishing.test_versions import MOVE, inside, letter, mailing, publish, sequence
from tests.newsletter.sequences.test_services import wait_until_somebody_waits_for_a_lock

LETTERHEAD = 'FROM "clinic_clinic"'
"""Every compiling reads it."""
numbers = count(1)
edit = st.tuples(st.sampled_from(["in", "out", "back", "swap", "append"]), st.integers(0, 5), st.integers(0, 2))
acts = st.lists(
    st.one_of(
        st.integers(1, 4).map(lambda days: ("pass", days)),
        st.tuples(st.just("enter")),
        st.tuples(
            st.just("publish"), st.lists(edit, max_size=3), st.sampled_from([*Inside]), st.booleans(), st.booleans()
        ),
    ),
    min_size=3,
    max_size=8,
)


class Clinic:
    """A sequence that is edited while people are inside, and what its steps say."""

    def __init__(self, email: int) -> None:
        self.email, self.keys, self.now = email, count(1), NOW
        self.steps = [self.new(0), self.new(2), self.new(1)]
        self.out: list[tuple[int, Step]] = []
        self.taken_out: set[int] = set()
        self.sequence = Sequence.objects.create(key=f"knee-{next(numbers)}", name="Knee", state="draft")
        self.publish(Inside.STAY, also_finished=False)
        self.ways: list[Enrolment] = []

    def new(self, days: int) -> Step:
        return Step(next(self.keys), StepKind.EMAIL, wait=Wait(days), email=self.email)

    def publish(self, choice: Inside, *, also_finished: bool) -> None:
        """And what was said beforehand is what happens."""
        self.sequence.refresh_from_db()
        self.taken_out |= {step.key for _place, step in self.out}
        seen = publishing.preview(self.sequence, plans.plan(*self.steps), self.now)
        done = publish(self.sequence, *self.steps, choice=Choice(choice, also_finished), at=self.now)
        moved, taken_up = seen.would_move if choice == Inside.MOVE else 0, seen.finished if also_finished else 0
        assert (done.moved, done.cancelled, done.taken_up) == (moved, seen.taken_back, taken_up)

    def edit(self, act: str, place: int, days: int) -> None:
        place = min(place, len(self.steps))
        if act == "in":
            self.steps.insert(place, self.new(days))
        elif act == "append":
            self.steps.append(self.new(days))
        elif act == "out" and len(self.steps) > 1:
            self.out.append((place, self.steps.pop(min(place, len(self.steps) - 1))))
        elif act == "back" and self.out:
            self.steps.insert(*self.out.pop())
        elif act == "swap":
            self.steps.reverse()

    def pass_days(self, days: int, *, leaving: bool = True) -> None:
        for _quarter in range(days * 4):
            services.advance(self.now)
            if leaving:
                hand_over(self.now)
            self.now += DAY / 4

    def do(self, act: tuple) -> None:
        match act:
            case ("pass", days):
                self.pass_days(days)
            case ("enter",):
                self.ways.append(inside(self.sequence, at=self.now))
            case ("publish", edits, choice, also_finished, is_late):
                if is_late:
                    services.advance(self.now)
                for one in edits:
                    self.edit(*one)
                self.publish(choice, also_finished=also_finished)


@pytest.mark.django_db
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(acts)
def test_whoever_finishes_had_just_the_mails_of_the_plan_that_they_finished_in_order(done: list[tuple]):
    clinics.clinic()
    clinic = Clinic(letter().pk)
    clinic.do(("enter",))

    for act in done:
        clinic.do(act)
    clinic.pass_days(30)

    for way in Enrolment.objects.filter(pk__in=[way.pk for way in clinic.ways]):
        keys = list(way.version.steps.order_by("position").values_list("key", flat=True))
        assert way.state == "finished"
        assert planned(way) == keys
        assert set(cancelled(way)) <= clinic.taken_out


@pytest.mark.django_db(transaction=True)
def test_what_the_tick_plans_while_a_chunk_waits_for_it_is_taken_back_too(monkeypatch: pytest.MonkeyPatch):
    one, two, three = mailing(1), mailing(2, 2), mailing(3, 2)
    made = sequence(one, two, three)
    way = inside(made)
    services.advance(NOW)
    hand_over(NOW)
    monkeypatch.setattr(versions, "AT_ONCE", 0)
    later = NOW + 2 * DAY
    assert not publish(made, one, three, choice=MOVE, at=later).is_whole

    moving = threading.Thread(target=in_a_thread(lambda: publishing.go_on(later)))
    with transaction.atomic():
        assert services.advance(later) == 1
        moving.start()
        wait_until_somebody_waits_for_a_lock()
    moving.join(60)

    assert (planned(way), cancelled(way)) == ([1, 2], [2])
    assert Transfer.objects.get(moves=True).cancelled == 1


@pytest.mark.django_db(transaction=True)
def test_who_leaves_at_that_moment_has_left_and_nobody_waits_for_each_other_for_ever():
    one, two, three = mailing(1), mailing(2, 2), mailing(3, 2)
    made = sequence(one, two, three)
    way = inside(made)
    services.advance(NOW)
    hand_over(NOW)
    services.advance(NOW + 2 * DAY)
    made.refresh_from_db()
    changing = threading.Thread(target=in_a_thread(lambda: publish(made, one, three, choice=MOVE, at=NOW + 2 * DAY)))

    with transaction.atomic():
        addresses.lock([way.lead.address_hash])
        changing.start()
        wait_until_somebody_waits_for_a_lock()
        services.leave(way.lead, reason=ExitReason.BOOKED, now=NOW + 2 * DAY)
    changing.join(60)

    way.refresh_from_db()
    assert (way.state, way.exit_reason, cancelled(way)) == ("exited", "booked", [2])
    walk(NOW + 9 * DAY, start=NOW + 2 * DAY, every=DAY)
    assert planned(way) == [1, 2]


def in_a_thread(act: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    return run


def look_for_a_deadlock_after(patience: str) -> None:
    """Whoever looks first gives way; a server that keeps the setting from us decides by who waited first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('deadlock_timeout', %s, %s) FROM pg_roles WHERE rolname = current_user AND rolsuper",
            [patience, connection.in_atomic_block],
        )


@pytest.mark.django_db(transaction=True)
def test_where_two_wait_for_each_other_the_version_is_out_and_the_next_tick_moves_the_rest():
    one, two = mailing(1), mailing(2, 2)
    made = sequence(one, two)
    ways = sorted(inside(made).pk for _n in range(2))
    done: list[Done] = []

    def change() -> None:
        look_for_a_deadlock_after("5s")
        done.append(publish(made, one, replace(two, wait=Wait(1)), choice=MOVE))

    changing = threading.Thread(target=in_a_thread(change))

    with transaction.atomic():
        look_for_a_deadlock_after("60s")
        Enrolment.objects.select_for_update().get(pk=ways[1])
        changing.start()
        wait_until_somebody_waits_for_a_lock()
        Enrolment.objects.select_for_update().get(pk=ways[0])
    changing.join(60)

    assert [(one.version.number, one.moved, one.is_whole) for one in done] == [(2, 0, False)]
    assert publishing.go_on(NOW) == 2
    assert {way.version_id for way in Enrolment.objects.all()} == {Sequence.objects.get().published_id}


@pytest.mark.django_db
def test_mails_are_compiled_before_the_sequences_row_is_locked():
    made = sequence(mailing(1))

    with CaptureQueriesContext(connection) as seen:
        publish(made, mailing(1), mailing(2))

    said = [query["sql"] for query in seen]
    locked = next(place for place, sql in enumerate(said) if "newsletter_sequence" in sql and "FOR NO KEY" in sql)
    assert [LETTERHEAD in sql for sql in said[:locked]].count(True) > 1
    assert [sql for sql in said[locked:] if LETTERHEAD in sql] == []
