"""The life of ways, in any order that anything can happen: the real engine on a real database, under a moved clock.

STATE_MACHINE=500x50 walks 500 lives of 50 steps; 50 of 30 is what every test run does. Only where it is set is a life
that breaks a promise made smaller, which takes minutes; else the first is shown as it was found.
"""

import os
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count

import hypothesis
import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from leads.consent import services as consent
from leads.models import Lead
from leads.privacy import services as privacy
from leads.tags import services as tags
from newsletter.deliveries.models import Kind, Outcome
from newsletter.models import Delivery, Enrolment, Sequence, SequenceVersion, Step
from newsletter.sequences import entering, goals, services
from newsletter.sequences.models import SequenceState
from newsletter.sequences.plan.document import Again, Event, EventKind, Plan, StepKind, write
from newsletter.sequences.plan.document import Step as Planned
from newsletter.sequences.plan.flatten import flatten
from newsletter.sequences.publishing import moving, versions
from newsletter.suppression import services as suppression
from newsletter.suppression.models import Scope, SuppressionReason
from tests.factories import clinics, mail, people
from tests.newsletter.sequences import plans
from tests.newsletter.sequences.course import NOW, TORONTO, hand_over
from tests.newsletter.sequences.ways import Crash, crashing, reader

pytestmark = pytest.mark.django_db

EXAMPLES, STEPS = (int(part) for part in os.environ.get("STATE_MACHINE", "50x30").split("x"))
IS_LONG = "STATE_MACHINE" in os.environ
PHASES = [phase for phase in Phase if IS_LONG or phase not in {Phase.shrink, Phase.explain}]
PEOPLE = 3
WHO = st.integers(0, PEOPLE - 1)
MOST_STEPS = 10
JUMPS = 400  # looks in which every way must have come to its end
HOURS = [0, 1, 7, 24, 72, 240]

SIMPLE = ["email", "email", "later", "pause", "tag", "untag", "notify"]
BRANCH = st.lists(st.sampled_from([*SIMPLE, "end"]), max_size=2)
SHAPE = st.tuples(st.sampled_from([*SIMPLE, "until", "split", "lot", "end"]), BRANCH, BRANCH)
ACTS = ["click", "tag", "book", "leave", "change_their_mind", "bounce", "agree", "pause_mail", "go_on_with_mail"]
CHANGES = ["insert", "remove", "append", "to_the_end", "within"]


@dataclass(frozen=True)
class Mail:
    """One mail that was planned: of which way, by which version, before which step."""

    way: int
    version: int
    key: int
    at: datetime


class Sequences(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self._example = transaction.atomic()
        self._example.__enter__()
        clinics.clinic()
        self.staff = people.staff()
        self.letter = mail.variant(mail.email(kind="step", topic="course")).pk
        self.sequence = Sequence.objects.create(key="knee", name="Knee", state=SequenceState.LIVE)
        self.leads = [reader() for _ in range(PEOPLE)]
        self.now = NOW
        self.keys = count(1)
        self.plan = Plan()
        self.places: dict[int, dict[int, int]] = {}  # positions by key, by version
        self.mails: list[Mail] = []

    def teardown(self) -> None:
        try:
            if self.plan.steps:
                self._come_to_an_end()
        finally:
            transaction.set_rollback(True)
            self._example.__exit__(None, None, None)

    # What staff do

    @initialize(shapes=st.lists(SHAPE, min_size=1, max_size=5), days=st.sampled_from([0, 2]), has_goal=st.booleans())
    def begin(self, shapes: list[tuple[str, list[str], list[str]]], days: int, has_goal: bool) -> None:
        rules = {"again": Again.DAYS, "again_days": days} if days else {}
        goal = Event(EventKind.BOOKED) if has_goal else None
        self.plan = plans.plan(*map(self._grown, shapes), goal=goal, **rules)
        self._publish()

    @rule(
        change=st.sampled_from(CHANGES), place=st.integers(0, 9), shape=SHAPE, moves=st.booleans(), also=st.booleans()
    )
    def edit(
        self,
        change: str,
        place: int,
        shape: tuple[str, list[str], list[str]],
        moves: bool,
        also: bool,
    ) -> None:
        steps = self._changed(list(self.plan.steps), change, place, self._grown(shape))
        if not steps or len(list(plans.plan(*steps).every())) > MOST_STEPS:
            return
        self.plan = replace(self.plan, steps=tuple(steps))
        version = self._publish()
        transfer = moving.begin(version, moves=moves, also_finished=also, now=self.now)
        moving.carry_on(transfer, self.now, limit=10_000)

    @rule()
    def pause(self) -> None:
        services.pause(self.sequence, by=self.staff, now=self.now)

    @rule(hours=st.sampled_from([0.1, 1, 30]))
    def resume(self, hours: float) -> None:
        services.resume(self.sequence, by=self.staff, now=self.now, hours=hours)

    # What people do

    @rule(who=WHO)
    def enter(self, who: int) -> None:
        self.sequence.refresh_from_db()
        entering.enter(self.sequence, [self.leads[who].pk], now=self.now)

    @rule(who=WHO, what=st.sampled_from(ACTS))
    def somebody_acts(self, who: int, what: str) -> None:
        lead = self.leads[who]
        lead.refresh_from_db()
        if lead.erased_at is None:
            getattr(self, what)(lead)

    @rule(who=WHO)
    def erase(self, who: int) -> None:
        """Somebody is forgotten, and somebody else comes."""
        privacy.erase(self.leads[who], by=self.staff, now=self.now)
        self.leads[who] = reader()

    def click(self, lead: Lead) -> None:
        newest = Delivery.objects.filter(kind=Kind.STEP, lead_id=lead.pk).order_by("id").last()
        if newest is not None:
            mail.click(newest, at=self.now)

    def tag(self, lead: Lead) -> None:
        tags.add(lead, name="warm", by=None, now=self.now)

    def book(self, lead: Lead) -> None:
        goals.reached(lead, Event(EventKind.BOOKED), now=self.now)

    def leave(self, lead: Lead) -> None:
        consent.withdraw(lead, how="mail", now=self.now)

    def change_their_mind(self, lead: Lead) -> None:
        consent.undo_withdrawal(lead, now=self.now)

    def agree(self, lead: Lead) -> None:
        people.consent(lead, granted_at=self.now)

    def bounce(self, lead: Lead) -> None:
        cause = suppression.Cause(Scope.ALL, SuppressionReason.HARD_BOUNCE)
        suppression.suppress(people.hash_of(lead), cause=cause, now=self.now)

    def pause_mail(self, lead: Lead) -> None:
        Lead.objects.filter(pk=lead.pk).update(paused_until=self.now + timedelta(days=5))

    def go_on_with_mail(self, lead: Lead) -> None:
        Lead.objects.filter(pk=lead.pk).update(paused_until=None)

    # Time

    @rule(hours=st.sampled_from(HOURS), has_left=st.booleans())
    def time_passes(self, hours: int, has_left: bool) -> None:
        self.now += timedelta(hours=hours, seconds=3)
        self._tick()
        if has_left:
            hand_over(self.now)

    @rule(hours=st.sampled_from(HOURS), statement=st.integers(1, 40))
    def a_tick_crashes(self, hours: int, statement: int) -> None:
        self.now += timedelta(hours=hours, seconds=3)
        self._tick(crash_at=statement)

    # What must be true at every moment

    @invariant()
    def nobody_is_lost(self) -> None:
        """Who is under way is looked at some time, and whose way is over never is."""
        assert not Enrolment.objects.filter(state="active", due_at=None).exists()
        assert not Enrolment.objects.filter(state="active").exclude(ended_at=None).exists()

    @invariant()
    def nothing_is_planned_for_who_has_left(self) -> None:
        ended = Outcome.objects.values("delivery_id")
        over = Enrolment.objects.filter(state="exited").values("pk")
        assert not Delivery.objects.filter(kind=Kind.STEP, owner__in=over).exclude(pk__in=ended).exists()

    @invariant()
    def nobody_is_inside_twice(self) -> None:
        ways = Counter(Enrolment.objects.filter(ended_at=None).values_list("lead_id", flat=True))
        ever = Counter(Enrolment.objects.values_list("lead_id", flat=True))
        assert max(ways.values(), default=1) == 1
        assert self.plan.again == Again.DAYS or max(ever.values(), default=1) == 1

    # How it is done

    def _tick(self, crash_at: int = 0) -> None:
        self.sequence.refresh_from_db()
        before = {way.pk: way for way in Enrolment.objects.all()}
        last = Delivery.objects.order_by("id").values_list("pk", flat=True).last() or 0
        try:
            with crashing(crash_at):
                goals.look_at_clicks(self.now)
                services.advance(self.now)
        except Crash:
            pass
        new = Delivery.objects.filter(kind=Kind.STEP, pk__gt=last).order_by("id").values_list("owner", "item")
        found = [Mail(way, before[way].version_id, key, self.now) for way, key in new]
        for one in found:
            self._is_right(one, before[one.way])
        assert max(Counter(one.way for one in found).values(), default=1) == 1
        self.mails += found

    def _is_right(self, one: Mail, way: Enrolment) -> None:
        """Of somebody under way, in a live sequence, inside the window, after everything that came before."""
        assert (self.sequence.state, way.state) == (SequenceState.LIVE, "active")
        places = self.places[one.version]
        earlier = [mail.key for mail in self.mails if mail.way == one.way]
        assert one.key not in earlier
        assert all(places[key] < places[one.key] for key in earlier if key in places)
        is_welcome = places[one.key] == 0 and way.version_id == one.version
        local = one.at.astimezone(TORONTO)
        assert is_welcome or 9 <= local.hour < 18
        assert way.due_at is not None
        assert way.due_at <= one.at or self._was_knocked(way)

    def _was_knocked(self, way: Enrolment) -> bool:
        return Step.objects.filter(version=way.version_id, position=way.next_position, kind=StepKind.UNTIL).exists()

    def _grown(self, shape: tuple[str, list[str], list[str]]) -> Planned:
        kind, yes, no = shape
        key = next(self.keys)
        if kind in ("until", "split", "lot"):
            branches = {"yes": tuple(map(self._leaf, yes)), "no": tuple(map(self._leaf, no))}
            return {
                "until": lambda: plans.until_clicked(key, 4, **branches),
                "split": lambda: plans.split(key, "warm", **branches),
                "lot": lambda: plans.lot(key, 50, **branches),
            }[kind]()
        return self._leaf(kind, key)

    def _leaf(self, kind: str, key: int = 0) -> Planned:
        key = key or next(self.keys)
        return {
            "email": lambda: plans.email(key),
            "later": lambda: plans.email(key, 2),
            "pause": lambda: plans.pause(key, days=1, hours=5),
            "tag": lambda: plans.tag(key, "warm"),
            "untag": lambda: plans.tag(key, "warm", adds=False),
            "notify": lambda: Planned(key, StepKind.NOTIFY, text="Call."),
            "end": lambda: plans.end(key),
        }[kind]()

    def _changed(self, steps: list[Planned], change: str, place: int, new: Planned) -> list[Planned]:
        place %= len(steps)
        if change == "insert":
            steps.insert(place, new)
        elif change == "append":
            steps.append(new)
        elif change == "remove":
            steps.pop(place)
        elif change == "to_the_end":
            steps.append(steps.pop(place))
        elif steps[place].is_branching and not new.is_branching:
            steps[place] = replace(steps[place], yes=(*steps[place].yes, new))
        return steps

    def _publish(self) -> SequenceVersion:
        self.sequence.refresh_from_db()
        version = SequenceVersion.objects.create(
            sequence=self.sequence,
            number=self.sequence.versions.count() + 1,
            plan=write(self.plan),
            weekdays=sorted(self.plan.hours.weekdays),
            window_opens_at=self.plan.hours.opens,
            window_closes_at=self.plan.hours.closes,
            published_at=self.now,
        )
        letters = defaultdict(lambda: self.letter)
        rows = [versions._row(version, placed, letters) for placed in flatten(self.plan.steps)]
        for row in rows:
            row.variant_id = self.letter if row.kind == StepKind.EMAIL else None
        Step.objects.bulk_create(rows)
        self.places[version.pk] = {row.key: row.position for row in rows}
        self.sequence.published = version
        self.sequence.save(update_fields=["published"])
        return version

    def _come_to_an_end(self) -> None:
        """Once nothing goes wrong any more, every way comes to its end: nobody stays somewhere for ever."""
        services.resume(self.sequence, by=self.staff, now=self.now)
        for _ in range(JUMPS):
            due = Enrolment.objects.filter(state="active").order_by("due_at").values_list("due_at", flat=True).first()
            if due is None:
                break
            self.now = max(self.now, due) + timedelta(seconds=1)
            self._tick()
            hand_over(self.now)
            self.nothing_is_planned_for_who_has_left()
        assert not Enrolment.objects.filter(state="active").exists()


def test_ways_keep_their_promises_whatever_happens_in_whatever_order() -> None:
    run_state_machine_as_test(
        Sequences,
        settings=hypothesis.settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            phases=PHASES,
            suppress_health_check=list(HealthCheck),
        ),
    )
