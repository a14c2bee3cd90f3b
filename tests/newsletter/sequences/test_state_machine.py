"""The life of ways, in any order that anything can happen: the real engine on a real database, under a moved clock.

STATE_MACHINE=500x50 walks 500 lives of 50 steps; 50 of 30 is what every test run does. Only where it is set is a life
that breaks a promise made smaller, which takes minutes; else the first is shown as it was found.
"""

import os
import sys
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, timedelta
from itertools import count

import hypothesis
import pytest
from django.db import transaction
from django.db.models import Q
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from leads.consent import services as consent
from leads.merging import services as merging
from leads.models import Lead
from leads.people import services as people_services
from leads.privacy import services as privacy
from leads.tags import services as tags
from newsletter.deliveries.models import Kind, Outcome, State
from newsletter.models import Delivery, Enrolment, Sequence, SequenceVersion
from newsletter.sequences import entering, goals, one, services
from newsletter.sequences.models import SequenceState
from newsletter.sequences.plan.document import Again, Event, EventKind, Plan
from newsletter.sequences.plan.flatten import flatten
from newsletter.sequences.publishing import moving, versions
from newsletter.suppression import services as suppression
from newsletter.suppression.models import Scope, Suppression, SuppressionReason
from tests.factories import clinics, mail, people
from tests.newsletter.sequences import plans, ways
from tests.newsletter.sequences.course import NOW, TORONTO, hand_over
from tests.newsletter.sequences.gaps import Places, gaps
from tests.newsletter.sequences.shapes import CHANGES, SHAPE, Mail, Shape, changed, grown, lettered
from tests.newsletter.sequences.ways import Crash, count_ways_anew, crashing, following, meanwhile, reader

pytestmark = pytest.mark.django_db

EXAMPLES, STEPS = (int(part) for part in os.environ.get("STATE_MACHINE", "50x30").split("x"))
IS_LONG = "STATE_MACHINE" in os.environ
PHASES = [phase for phase in Phase if IS_LONG or phase not in {Phase.shrink, Phase.explain}]
PEOPLE, TOPIC = 3, "course"
WHO = st.integers(0, PEOPLE - 1)
SELDOM = st.one_of(st.just(0), st.just(0), st.just(0), st.integers(1, 60))
AT_ONCE = 10_000
LIVE_TOPIC = "SELECT topic FROM newsletter_sequence"
JUMPS = 400  # looks in which every way must have come to its end
OCCASIONS = [1, 2]
HOURS = [0, 1, 7, 24, 72, 240]
ACTS = ["click", "tag", "book", "bounce", "agree", "pause_mail", "go_on_with_mail"]
ACTS += ["leave", "change_their_mind", "decline", "want_again"]
STAFF_ACTS = ["hold", "let_go_on", "skip", "move_back", "take_out"]
RULES = [Again.NEVER, Again.DAYS, Again.OCCASION, Again.OCCASION]


class Sequences(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self._example = transaction.atomic()
        self._example.__enter__()
        count_ways_anew()
        clinics.clinic()
        self.staff = people.staff()
        self.letter = mail.variant(mail.email(kind="step", topic=TOPIC)).email_id
        self.sequence = Sequence.objects.create(key="knee", name="Knee", topic=TOPIC, state=SequenceState.LIVE)
        self.leads = [reader() for _ in range(PEOPLE)]
        self.now = NOW
        self.keys = count(1)
        self.plan = Plan()
        self.steps: dict[int, Places] = {}
        self.places: dict[int, dict[int, int]] = {}  # positions by key, by version
        self.mails: list[Mail] = []
        self.had_elsewhere: dict[int, set[int]] = defaultdict(set)  # keys by way: under an address merged into it
        self.merged: Counter[int] = Counter()  # how many were merged into each
        self.led: set[int] = set()  # ways that staff put somewhere, or that were over when they were merged

    def teardown(self) -> None:
        try:
            if self.plan.steps and not isinstance(sys.exception(), AssertionError):
                self._come_to_an_end()
        finally:
            transaction.set_rollback(True)
            self._example.__exit__(None, None, None)

    # What staff do

    @initialize(shapes=st.lists(SHAPE, min_size=1, max_size=5), again=st.sampled_from(RULES), has_goal=st.booleans())
    def begin(self, shapes: list[Shape], again: Again, has_goal: bool) -> None:
        """All but one are inside from the first, on every occasion that there is: most promises are about them."""
        goal = Event(EventKind.BOOKED) if has_goal else None
        days = 2 if again == Again.DAYS else 0
        steps = (plans.email(next(self.keys)), *(grown(shape, self.keys) for shape in shapes))
        self.plan = plans.plan(*steps, goal=goal, again=again, again_days=days)
        self._publish()
        for who in range(PEOPLE - 1):
            for occasion in OCCASIONS:
                self.enter(who, occasion)

    @rule(
        change=st.sampled_from(CHANGES), place=st.integers(0, 9), shape=SHAPE, moves=st.booleans(), also=st.booleans()
    )
    def edit(self, change: str, place: int, shape: Shape, moves: bool, also: bool) -> None:
        """Those who are inside are moved at once, as far as staff wait for it; the tick moves the others."""
        steps = changed(list(self.plan.steps), change, place, grown(shape, self.keys))
        if not steps:
            return
        moving.go_on(self.now)
        self.plan = replace(self.plan, steps=tuple(steps))
        transfer = moving.begin(self._publish(), moves=moves, also_finished=also, now=self.now)
        moving.carry_on(transfer, self.now, limit=AT_ONCE if place % 2 else 0)

    @rule(kind=st.sampled_from(["email", "later"]))
    def edit_what_is_passed(self, kind: str) -> None:
        """A mail is put before those that people had: it comes too late for them."""
        self._a_day_passes()
        self.edit("insert", 0, (kind, [], []), moves=True, also=False)

    @rule(change=st.sampled_from(CHANGES), place=st.integers(0, 9), shape=SHAPE, hours=st.sampled_from(HOURS))
    def edit_while_a_tick_runs(self, change: str, place: int, shape: Shape, hours: int) -> None:
        """The tick knows who is due, and then they are somewhere else."""
        self.now += timedelta(hours=hours, seconds=3)
        with meanwhile(LIVE_TOPIC, lambda: self.edit(change, place, shape, moves=True, also=False)):
            self._tick()

    @rule()
    def pause(self) -> None:
        services.pause(self.sequence, by=self.staff, now=self.now)

    @rule(hours=st.sampled_from([0.1, 1, 30]))
    def resume(self, hours: float) -> None:
        services.resume(self.sequence, by=self.staff, now=self.now, hours=hours)

    @rule(who=WHO, what=st.sampled_from(STAFF_ACTS), place=st.integers(0, 9))
    def staff_act(self, who: int, what: str, place: int) -> None:
        """On one person's way, if they have one that is under way."""
        way = Enrolment.objects.filter(lead=self.leads[who], ended_at=None).order_by("pk").first()
        if way is None:
            return
        facts = {"by": self.staff, "reason": "said so", "now": self.now}
        keys = sorted(self.places[way.version_id])
        acts = {
            "hold": lambda: one.pause(way, **facts),
            "let_go_on": lambda: one.resume(way, **facts),
            "skip": lambda: one.skip(way, following(way), **facts),
            "move_back": lambda: one.move_to(way, keys[place % len(keys)], **facts),
            "take_out": lambda: one.take_out(way, **facts),
        }
        with suppress(services.NotUnderWay, one.AlreadyHad):
            acts[what]()
            self.led |= {way.pk} if what in {"skip", "move_back"} else set()

    @rule(who=WHO, other=st.integers(1, PEOPLE - 1), statement=SELDOM)
    def merge(self, who: int, other: int, statement: int) -> None:
        """Two turn out to be one, and somebody else comes; or the process dies over it, and they are two as before."""
        kept, gone = self.leads[who], self.leads[(who + other) % PEOPLE]
        before = list(Enrolment.objects.filter(lead__in=[kept, gone]))
        had = {way.pk: self._had(way.pk) for way in before}
        try:
            with crashing(statement), transaction.atomic():
                kept = merging.merge(
                    Lead.objects.get(pk=kept.pk), Lead.objects.get(pk=gone.pk), by=self.staff, now=self.now
                )
        except (Crash, merging.Overtaken):
            return
        self.leads[self.leads.index(gone)] = reader()
        self.merged[kept.pk] += 1 + self.merged[gone.pk]
        self.led |= set(Enrolment.objects.filter(lead=kept, state="finished").values_list("pk", flat=True))
        for way in Enrolment.objects.filter(lead=kept).exclude(state="exited"):
            alike = [one for one in before if self.plan.again != Again.OCCASION or one.occasion == way.occasion]
            counts = [one for one in alike if one.ended_at is None or self.plan.again != Again.DAYS]
            self.had_elsewhere[way.pk] |= set().union(*(had[one.pk] for one in counts))

    @rule(who=WHO, other=st.integers(1, PEOPLE - 1), is_new_one_kept=st.booleans())
    def somebody_enters_under_a_second_address(self, who: int, other: int, is_new_one_kept: bool) -> None:
        """Later than under the first; and then somebody sees that they are the same."""
        first, second = who, (who + other) % PEOPLE
        self.resume(0.1)
        self._a_day_passes()
        self.leads[second] = reader()
        self.enter(second, OCCASIONS[0])
        self._a_day_passes()
        kept, gone = (second, first) if is_new_one_kept else (first, second)
        self.merge(kept, gone - kept, 0)

    # What people do

    @rule(who=WHO, occasion=st.sampled_from(OCCASIONS))
    def enter(self, who: int, occasion: int) -> None:
        self.sequence.refresh_from_db()
        occasion = occasion if self.plan.again == Again.OCCASION else 0
        entering.enter(self.sequence, [self.leads[who].pk], now=self.now, occasion=occasion)

    @rule(who=WHO, what=st.sampled_from(ACTS))
    def somebody_acts(self, who: int, what: str) -> None:
        lead = self.leads[who]
        lead.refresh_from_db()
        if lead.erased_at is None:
            getattr(self, what)(lead)

    @rule(who=WHO, hours=st.sampled_from(HOURS), what=st.sampled_from(["leave", "bounce", "book", "merge"]))
    def somebody_acts_before_what_is_planned_has_left(self, who: int, hours: int, what: str) -> None:
        """What promises are most easily broken by: a mail has just been planned for everybody who is due."""
        self.time_passes(hours)
        if what == "merge":
            self.merge(who, 1, 0)
        else:
            self.somebody_acts(who, what)

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

    def decline(self, lead: Lead) -> None:
        people_services.decline(lead, topics=[TOPIC], now=self.now)

    def want_again(self, lead: Lead) -> None:
        people_services.decline(lead, topics=[], now=self.now)

    def pause_mail(self, lead: Lead) -> None:
        people_services.pause(lead, until=self.now + timedelta(days=5))

    def go_on_with_mail(self, lead: Lead) -> None:
        people_services.resume(lead)

    # Time

    @rule(hours=st.sampled_from(HOURS))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours, seconds=3)
        self._tick()

    @rule(hours=st.sampled_from(HOURS))
    def time_passes_and_mails_leave(self, hours: int) -> None:
        self.time_passes(hours)
        hand_over(self.now)

    @rule(hours=st.sampled_from(HOURS))
    def two_ticks_come(self, hours: int) -> None:
        """The second finds nothing that the first has done already."""
        self.time_passes(hours)
        self._tick()

    @rule(hours=st.sampled_from(HOURS), statement=st.integers(1, 40))
    def a_tick_crashes(self, hours: int, statement: int) -> None:
        self.now += timedelta(hours=hours, seconds=3)
        self._tick(crash_at=statement)

    # What must be true at every moment

    @invariant()
    def nobody_is_lost(self) -> None:
        """Who is under way is looked at some time, and whose way is over never is."""
        under_way = Enrolment.objects.filter(state="active")
        assert not under_way.filter(Q(due_at=None) | Q(ended_at__isnull=False)).exists()

    @invariant()
    def nothing_is_planned_for_who_has_left(self) -> None:
        waiting = Delivery.objects.filter(kind=Kind.STEP).exclude(pk__in=Outcome.objects.values("delivery_id"))
        over = Enrolment.objects.filter(state="exited").values("pk")
        gone = Lead.objects.exclude(erased_at=None).values("pk")
        assert not waiting.filter(Q(owner__in=over) | Q(lead_id__in=gone)).exists()

    @invariant()
    def who_may_not_be_mailed_is_in_nothing(self) -> None:
        stopped = Suppression.objects.filter(lifted_at=None).values("address_hash")
        declined = Q(lead__declined_topics__contains=[TOPIC])
        may_not = Q(lead__address_hash__in=stopped) | Q(lead__erased_at__isnull=False) | declined
        assert not Enrolment.objects.filter(may_not, ended_at=None).exists()

    @invariant()
    def nobody_is_inside_twice(self) -> None:
        ways = list(Enrolment.objects.values_list("lead_id", "occasion", "ended_at"))
        inside = Counter((lead, occasion) for lead, occasion, ended_at in ways if ended_at is None)
        assert max(inside.values(), default=1) == 1
        if self.plan.again == Again.NEVER:
            ever = Counter(lead for lead, *_rest in ways)
            assert all(times <= 1 + self.merged[lead] for lead, times in ever.items())

    @invariant()
    def nobody_has_a_gap_that_nobody_chose(self) -> None:
        """Whoever stands somewhere had every mail of one path that leads there, but for what is on record."""
        assert gaps(self.steps, self.mails) <= self.led

    # How it is done

    def _a_day_passes(self) -> None:
        """Until an hour of the next day at which mails go; what is planned leaves."""
        tomorrow = self.now.astimezone(TORONTO) + timedelta(days=1)
        self.now = tomorrow.replace(hour=10, minute=0, second=3).astimezone(UTC)
        self._tick()
        hand_over(self.now)

    def _tick(self, crash_at: int = 0) -> None:
        before = {way.pk: way for way in Enrolment.objects.select_related("sequence")}
        last = Delivery.objects.order_by("id").values_list("pk", flat=True).last() or 0
        with suppress(Crash), crashing(crash_at):
            moving.go_on(self.now)
            goals.look_at_clicks(self.now)
            services.advance(self.now)
        after = dict(Enrolment.objects.values_list("pk", "version_id"))
        new = Delivery.objects.filter(kind=Kind.STEP, pk__gt=last).order_by("id").values_list("pk", "owner", "item")
        found = [Mail(pk, way, after[way], key, self.now) for pk, way, key in new]
        for new_one in found:
            self._is_right(new_one, before[new_one.way])
        assert max(Counter(one.way for one in found).values(), default=1) == 1
        self.mails += found

    def _is_right(self, one: Mail, way: Enrolment) -> None:
        """Of somebody under way, in a live sequence, inside the window, after everything that came before."""
        assert way.sequence.state == SequenceState.LIVE
        assert way.state == "active" or ways.is_taken_up(way)
        places = self.places[one.version]
        earlier = self._left(one.way)
        assert one.key not in earlier | self.had_elsewhere[one.way]
        assert all(places[key] < places[one.key] for key in earlier if key in places)
        assert places[one.key] == 0 or 9 <= one.at.astimezone(TORONTO).hour < 18
        before = {mail.id for mail in self.mails if mail.way == one.way and one.at < mail.at + timedelta(days=14)}
        assert before == set(Outcome.objects.filter(pk__in=before).values_list("pk", flat=True))
        assert way.due_at is None or way.due_at <= one.at or one.version != way.version_id or ways.was_knocked(way)

    def _left(self, way: int) -> set[int]:
        """The steps of which this way's own mail has left."""
        mine = {mail.id: mail.key for mail in self.mails if mail.way == way}
        left = Outcome.objects.filter(delivery_id__in=list(mine), state=State.SUBMITTED)
        return {mine[pk] for pk in left.values_list("delivery_id", flat=True)}

    def _had(self, way: int) -> set[int]:
        return self._left(way) | self.had_elsewhere[way]

    def _publish(self) -> SequenceVersion:
        self.sequence.refresh_from_db()
        plan = replace(self.plan, steps=lettered(self.plan.steps, self.letter))
        version = versions.write_version(self.sequence, plan, by=self.staff, now=self.now)
        self.steps[version.pk] = {placed.position: placed for placed in flatten(plan.steps)}
        self.places[version.pk] = dict(version.steps.values_list("key", "position"))
        self.sequence.published = version
        self.sequence.save(update_fields=["published"])
        return version

    def _come_to_an_end(self) -> None:
        """Once nothing goes wrong any more, every way comes to its end: nobody stays somewhere for ever."""
        services.resume(self.sequence, by=self.staff, now=self.now)
        Enrolment.objects.filter(state="paused").update(state="active", due_at=self.now)
        for _ in range(JUMPS):
            due = Enrolment.objects.filter(state="active").order_by("due_at").values_list("due_at", flat=True).last()
            if due is None:
                break
            self.now = max(self.now, due) + timedelta(seconds=1)
            self._tick()
            hand_over(self.now)
            self.nothing_is_planned_for_who_has_left()
        self.nobody_has_a_gap_that_nobody_chose()
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
