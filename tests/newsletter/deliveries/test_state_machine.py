"""The life of deliveries, in any order that anything can happen: the real services on a real database.

STATE_MACHINE=500x50 walks 500 lives of 50 steps; 50 of 30 is what every test run does. Only where it is set is a life
that breaks a promise made smaller, which takes minutes; else the first is shown as it was found.
"""

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings as django_settings
from django.db import transaction
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from clinic.clock import database_now
from newsletter.deliveries import claim, journal, queries, services
from newsletter.deliveries.claim import Lease
from newsletter.deliveries.journal import FileJournal
from newsletter.deliveries.models import Batch, Delivery, Kind, Lane, Outcome, State, Uncertain
from newsletter.deliveries.sending.dispatch import Sender, send_lease
from newsletter.deliveries.sending.windows import Stride
from newsletter.deliveries.settling import reconcile
from newsletter.deliveries.standing import holds
from newsletter.suppression import services as suppression
from newsletter.suppression.models import Scope, SuppressionReason
from tests.chaos import watcher
from tests.factories import people
from tests.newsletter.deliveries import life, world
from tests.newsletter.deliveries.life import ANSWERS, DEATHS, Killed, Relay, Script

pytestmark = pytest.mark.django_db

EXAMPLES, STEPS = (int(part) for part in os.environ.get("STATE_MACHINE", "50x30").split("x"))
IS_LONG = "STATE_MACHINE" in os.environ
PHASES = [phase for phase in Phase if IS_LONG or phase not in {Phase.shrink, Phase.explain}]
PLACES = st.integers(0, 2)
WHICH = st.integers(0, 50)
SAID = st.lists(st.sampled_from(list(ANSWERS)), min_size=1, max_size=4).map(tuple)
ACTS = ["opt_out", "pause", "resume", "cancel_a_campaign", "cancel_one", "hold", "release"]
TIMES = ["leases_run_out", "everything_is_due", "bury_the_dead", "a_week_passes"]
EVENTS = ["opt_out", "pause", "cancel_a_campaign", "cancel_one", "hold", "lose_the_lease"]
MEANWHILE = ["opt_out", "pause", "expire", "cancel_one", "hold"]
NOT_TAKEN = {State.REFUSED, State.FAILED, State.EXPIRED, State.CANCELLED}
AGAIN = 100  # rounds in which everything must have come to its end


class Deliveries(RuleBasedStateMachine):
    looks_ahead = 0  # in all lives together

    def __init__(self) -> None:
        super().__init__()
        self._example = transaction.atomic()
        self._example.__enter__()
        self.folder = Path(tempfile.mkdtemp(dir=django_settings.JOURNAL_DIR))
        self.staff = people.staff()
        world.open_clinic()
        self.relay = Relay()
        self.planned: dict[int, list[int]] = {}  # deliveries by owner
        self.leads: list = []
        self.again: set[int] = set()  # sent again by a person, who may be wrong
        self.over: dict[int, int] = {}  # what must not leave any more, and how often it had
        self.fences: dict[int, tuple[int, int]] = {}

    def teardown(self) -> None:
        try:
            self._come_to_an_end()
        finally:
            Deliveries.looks_ahead += self.relay.looks_ahead
            shutil.rmtree(self.folder)
            transaction.set_rollback(True)
            self._example.__exit__(None, None, None)

    # What staff and readers do

    @initialize(count=st.integers(2, 6))
    def begin(self, count: int) -> None:
        self.plan(count)

    @rule(what=st.sampled_from(ACTS), which=WHICH)
    def somebody_acts(self, what: str, which: int) -> None:
        getattr(self, what)(which)

    @rule(what=st.sampled_from(TIMES))
    def time_passes(self, what: str) -> None:
        getattr(self, what)()

    @rule()
    def the_way_is_free(self) -> None:
        """No hold, no pause, no lease of anybody who is gone, and everything is due."""
        holds.release(by=self.staff, now=database_now())
        for owner in self.planned:
            services.resume(Kind.CAMPAIGN, owner)
        life.leases_run_out()
        life.everything_is_due()

    @rule(count=st.integers(1, 5))
    def plan(self, count: int) -> None:
        if len(self.planned) < 6:
            owner = len(self.planned) + 1
            some = [world.lead(f"p{owner}x{n}") for n in range(count)]
            self.leads += some
            self.planned[owner] = world.plan(some, owner=owner).ids

    def opt_out(self, which: int) -> None:
        lead = self.leads[which % len(self.leads)]
        self._is_over(life.not_handed_over(lead.pk))
        cause = suppression.Cause(Scope.MARKETING, SuppressionReason.UNSUBSCRIBED)
        suppression.suppress(lead.address_hash, cause=cause, now=database_now())

    def expire(self, which: int) -> None:
        Batch.objects.filter(owner_id=self._owner(which)).update(expires_at=database_now())

    def pause(self, which: int) -> None:
        services.pause(Kind.CAMPAIGN, self._owner(which))

    def resume(self, which: int) -> None:
        services.resume(Kind.CAMPAIGN, self._owner(which))

    def cancel_a_campaign(self, which: int) -> None:
        owner = self._owner(which)
        services.cancel_batches(Kind.CAMPAIGN, owner, reason="cancelled by staff", now=database_now())
        self._is_over([one for one in self.planned[owner] if self._state(one) is State.CANCELLED])

    def cancel_one(self, which: int) -> None:
        one = Delivery.objects.get(lead_id=self.leads[which % len(self.leads)].pk)
        services.cancel(
            kind=Kind.CAMPAIGN, owner=one.owner, item=one.item, reason="reached what it is for", now=database_now()
        )
        self._is_over([one.pk] if self._state(one.pk) is State.CANCELLED else [])

    def hold(self, which: int) -> None:
        holds.hold("The words are wrong.", by=self.staff, now=database_now())

    def release(self, which: int) -> None:
        holds.release(by=self.staff, now=database_now())

    @rule(which=WHICH, again=st.booleans())
    def decide(self, which: int, again: bool) -> None:
        if (doubt := self._doubt(which)) is not None:
            reconcile.decide(doubt, again=again, by=self.staff, now=database_now())
            if again:
                self.again.add(doubt)

    @rule(which=WHICH)
    def look_up(self, which: int) -> None:
        """The provider tells the truth."""
        if (doubt := self._doubt(which)) is not None:
            is_taken = self.relay.taken[doubt] > 0
            reconcile.evidence(doubt, submitted=is_taken, now=database_now(), reason="the relay's log")

    # What senders do

    @rule(said=SAID, window=st.integers(2, 3))
    def send(self, said: tuple[str, ...], window: int) -> None:
        self._send(Script(said), window)

    @rule(said=SAID, window=st.integers(2, 3), at=PLACES, death=st.sampled_from(DEATHS))
    def send_and_die(self, said: tuple[str, ...], window: int, at: int, death: str) -> None:
        self._send(Script(said, at=at, death=death), window)

    @rule(
        said=SAID,
        at=PLACES,
        which=WHICH,
        what=st.sampled_from(EVENTS),
    )
    def send_while_something_happens(self, said: tuple[str, ...], at: int, which: int, what: str) -> None:
        self._send(Script(said, at=at, event=lambda: getattr(self, what)(which)), 2)

    @rule(at=PLACES, death=st.sampled_from(("", *DEATHS)), which=WHICH, what=st.sampled_from(MEANWHILE))
    def a_sender_comes_back_too_late(self, at: int, death: str, which: int, what: str) -> None:
        """It had claimed, and was frozen: another has it under way, and may die of it, when its own gate looks."""
        self.the_way_is_free()
        self._send(Script(("later",)), 3)
        life.everything_is_due()
        with FileJournal(self.folder) as noted:
            lease = claim.next_lease(Lane.MARKETING, owner=noted.owner, window=3)

            def come_back() -> None:
                getattr(self, what)(which)
                if lease is not None:
                    self._hand_over(lease, noted, Script())

            life.leases_run_out()
            self._send(Script(at=at, event=come_back, death=death), 2)

    @rule(at=PLACES)
    def stop_a_sender(self, at: int) -> None:
        asked: list[bool] = []
        self._send(Script(at=at, event=lambda: asked.append(True)), 3, should_stop=lambda: bool(asked))

    def leases_run_out(self) -> None:
        life.leases_run_out()

    def everything_is_due(self) -> None:
        life.everything_is_due()

    def bury_the_dead(self) -> None:
        for found in journal.left_behind(self.folder):
            reconcile._bury(found)

    def a_week_passes(self) -> None:
        life.a_week_passes()
        reconcile.close_old(now=database_now())

    # What must be true at every moment

    @invariant()
    def nobody_is_mailed_twice(self) -> None:
        twice = {one for one, times in self.relay.taken.items() if times > 1}
        assert twice <= self.again

    @invariant()
    def nothing_leaves_that_is_over(self) -> None:
        assert {one: self.relay.taken[one] for one in self.over} == self.over

    @invariant()
    def the_balance_holds(self) -> None:
        for owner, ids in self.planned.items():
            found = queries.progress(Kind.CAMPAIGN, owner)
            assert found.planned == len(ids)
            assert found.ended + found.uncertain + found.waiting == found.planned
            assert found.ended == Outcome.objects.filter(delivery_id__in=ids).count()
        assert watcher.look().is_good

    @invariant()
    def outcomes_are_true(self) -> None:
        for ended in Outcome.objects.exclude(delivery_id__in=self.again):
            taken = self.relay.taken[ended.delivery_id]
            if ended.state == State.SUBMITTED:
                assert taken == 1
            elif ended.state in NOT_TAKEN:
                assert taken == 0

    @invariant()
    def fences_and_marks_only_rise(self) -> None:
        now = life.fences()
        for chunk, (fence, mark) in self.fences.items():
            assert now[chunk][0] >= fence
            assert now[chunk][1] >= mark
        self.fences = now

    # How it is done

    def _send(self, script: Script, window: int, *, should_stop=lambda: False) -> None:
        with suppress(Killed), FileJournal(self.folder) as noted:
            lease = claim.next_lease(Lane.MARKETING, owner=noted.owner, window=window)
            if lease is not None:
                self._hand_over(lease, noted, script, window=window, should_stop=should_stop)

    def _hand_over(
        self, lease: Lease, noted: FileJournal, script: Script, *, window: int = 2, should_stop=lambda: False
    ) -> None:
        relay, before = self.relay, self.relay.script
        relay.script = script
        try:
            send_lease(lease, sender=Sender(relay, noted, Stride(window), should_stop))
        finally:
            relay.script = before

    def lose_the_lease(self, which: int) -> None:
        """Frozen for so long that another sender has taken over by now."""
        life.leases_run_out()
        self._send(Script(), 2)

    def _come_to_an_end(self) -> None:
        """Once nothing goes wrong any more, everything ends or is in doubt by name; nothing is forgotten."""
        self.the_way_is_free()
        self.bury_the_dead()
        for _ in range(AGAIN):
            if not any(queries.progress(Kind.CAMPAIGN, owner).waiting for owner in self.planned):
                break
            life.leases_run_out()
            life.everything_is_due()
            self._send(Script(), 3)
        self.nobody_is_mailed_twice()
        self.nothing_leaves_that_is_over()
        self.outcomes_are_true()
        left = {owner: queries.progress(Kind.CAMPAIGN, owner).waiting for owner in self.planned}
        assert left == dict.fromkeys(self.planned, 0)

    def _owner(self, which: int) -> int:
        return which % len(self.planned) + 1

    def _doubt(self, which: int) -> int | None:
        doubts = list(Uncertain.objects.order_by("delivery_id").values_list("delivery_id", flat=True))
        return doubts[which % len(doubts)] if doubts else None

    def _state(self, delivery: int) -> State | None:
        found = Outcome.objects.filter(pk=delivery).values_list("state", flat=True).first()
        return State(found) if found else None

    def _is_over(self, ids: list[int]) -> None:
        self.over |= {one: self.relay.taken[one] for one in ids if one not in self.over}


def test_whatever_happens_in_whatever_order_the_promises_hold(settings, tmp_path):
    settings.JOURNAL_DIR = tmp_path  # each life has a folder of its own in it

    run_state_machine_as_test(
        Deliveries,
        settings=hypothesis.settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            phases=PHASES,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Deliveries.looks_ahead > 0
