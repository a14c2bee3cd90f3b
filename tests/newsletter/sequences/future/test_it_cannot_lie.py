"""What the simulator foresees is what comes: plans by chance are simulated, and then run for real under a moved clock.

FUTURES=500 plays so many plans; every test run plays a few. For each, somebody enters and does what the script says:
the clicks, tags and bookings are really in the database, the engine is called at every moment of a grid and at every
moment that was foreseen, and each mail, notice, tag and end is compared, to the microsecond.
"""

import os
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from itertools import count

import pytest

from accounts.models import User
from booking import goals as bookings
from booking import services as diary
from booking.models import AppointmentState, GoalKind
from clinic.models import DayOff
from leads.models import Lead
from leads.tags import services as tags
from newsletter.deliveries.models import Kind, Outcome, State
from newsletter.models import Batch, Chunk, Delivery, Enrolment, Sequence, SequenceVersion, Step
from newsletter.sequences import entering, events, goals, services
from newsletter.sequences.almanac import Almanac
from newsletter.sequences.future import simulate
from newsletter.sequences.future.happenings import Future, What
from newsletter.sequences.future.onward import Hindrance
from newsletter.sequences.future.play import play
from newsletter.sequences.future.script import Act, Deed
from newsletter.sequences.future.why import Why
from newsletter.sequences.models import ExitReason, Notice
from newsletter.sequences.plan.document import Plan, StepKind, write
from newsletter.sequences.plan.flatten import flatten
from newsletter.sequences.publishing import versions
from tests.factories import bookings as calls
from tests.factories import clinics, mail, people
from tests.newsletter.sequences.future import random_plans
from tests.newsletter.sequences.future.random_plans import Planner

pytestmark = pytest.mark.django_db

FUTURES = int(os.environ.get("FUTURES", "15"))
TOGETHER = min(20, FUTURES // 3)
"""So many plans run beside one another, each with a person of its own, some people in two of them."""
LOUD, QUIET = ({"writes_from": time(opens), "writes_until": closes} for opens, closes in ((0, time.max), (8, time(20))))
CLINICS = (
    {"cap_mails": 2, "cap_days": 5, **LOUD},
    {"cap_mails": 20, "cap_days": 7, **QUIET},
    {"cap_mails": 3, "cap_days": 2, **LOUD, "public_holidays": "CA-ON"},
)
GRID = timedelta(hours=7)
MANY = 200
"""So many plans have everything in them that can be foreseen."""
RULES = {Hindrance.BEFORE, Hindrance.UNDER_WAY, Hindrance.TOO_SOON, Hindrance.ENTRY, Hindrance.HELD_OUT}
LONGEST = timedelta(days=60)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
CALLS = count()
"""Each call has an hour of its own; what matters is when somebody says how it went."""


def few_calls(_days: int, at: datetime) -> int:
    """More of them in the morning than in the afternoon, and on some days."""
    return (at.toordinal() + at.hour // 12) % 3


@pytest.fixture(autouse=True)
def free_calls() -> Iterator[None]:
    before = list(events._scarcity)
    events.register_slots(few_calls)
    yield
    events._scarcity[:] = before


@dataclass
class Life:
    """Somebody on their way: what they will do, what campaigns they get, what was foreseen, and what is done of it."""

    lead: Lead
    plan: Plan
    way: Enrolment
    deeds: list[Deed]
    foreseen: dict[int, Future]
    to_do: list[tuple[datetime, Deed]] = field(default_factory=list)
    mailed: set[int] = field(default_factory=set)
    campaigns: list[datetime] = field(default_factory=list)


def named(name: str, chance: random.Random) -> Sequence:
    return Sequence.objects.create(key=name, name=name, priority=chance.choice((-10, 0, 0, 10)))


def publish(plan: Plan, sequence: Sequence, letters: dict[int, int]) -> Sequence:
    version = SequenceVersion.objects.create(
        sequence=sequence,
        number=1,
        plan=write(plan),
        weekdays=sorted(plan.hours.weekdays),
        window_opens_at=plan.hours.opens,
        window_closes_at=plan.hours.closes,
    )
    Step.objects.bulk_create([versions._row(version, placed, letters) for placed in flatten(plan.steps)])
    sequence.published = version
    sequence.save()
    return sequence


def enter(chance: random.Random, number: int, letters: dict[int, int], now: datetime) -> Life:
    lead = people.lead(time_zone=chance.choice(random_plans.ZONES), created_at=now - timedelta(days=8))
    if chance.random() < 0.2:
        lead.paused_until = now + timedelta(minutes=chance.randrange(10 * 24 * 60))
        lead.save()
    people.consent(lead)
    for name in chance.sample(random_plans.TAGS, chance.randrange(2)):
        tags.add(lead, name=name, by=None, now=now - timedelta(days=1))
    targets = [named(f"{place}-{number}", chance) for place in ("third", "fourth")[: chance.choice((0, 1, 2, 2))]]
    ids = [one.pk for one in targets]
    keys = [f"{place}-{number}" for place in ("first", "second", "third", "fourth")]
    plan = Planner(chance, ids, names=keys).plan()
    first = publish(plan, named(f"first-{number}", chance), letters)
    for target in targets:
        others = [*(pk for pk in ids if pk != target.pk), first.pk]
        came_to = Planner(chance, others, names=keys, is_target=True).plan()
        publish(came_to, target, letters)
        if chance.random() < 0.4:
            was_in(target, came_to, lead, now, occasion=chance.choice(random_plans.OCCASIONS))
    if chance.random() < 0.3:
        second = publish(Planner(chance, ids, names=keys).plan(), named(f"second-{number}", chance), letters)
        entering.enter(second, [lead.pk], now=now, is_asked_for=chance.random() < 0.5)
    occasion, is_asked_for = chance.choice(random_plans.OCCASIONS), chance.random() < 0.5
    entering.enter(first, [lead.pk], now=now, occasion=occasion, is_asked_for=is_asked_for)
    way = Enrolment.objects.get(lead=lead, sequence=first)
    campaigns = random_plans.campaigns(chance, now)
    return Life(lead, plan, way, random_plans.deeds(chance, plan), {}, campaigns=campaigns)


def was_in(target: Sequence, plan: Plan, lead: Lead, now: datetime, *, occasion: int) -> None:
    """Some weeks ago they were in it, and had its mails."""
    then = now - timedelta(days=45)
    ended = {"state": "finished", "ended_at": then + timedelta(days=10)}
    way = Enrolment.objects.create(
        sequence=target,
        version=target.versions.get(),
        lead=lead,
        occasion=occasion,
        since=then,
        enrolled_at=then,
        **ended,
    )
    for step in plan.emails:
        mail.delivery(lead, kind=Kind.STEP, state=State.SUBMITTED, at=then, owner=way.pk, item=step.key, variant_id=1)


def foresee(life: Life, now: datetime) -> None:
    """All ways of this person, in the order in which the engine takes them; the script is about the first."""
    rows = simulate.under_way([life.lead.pk])
    setting = simulate.setting_of(Almanac(), now, {row.version_id for row in rows})
    reader = simulate.readers([life.lead.pk], rows, setting, now=now)[life.lead.pk]
    reader = replace(reader, holds=simulate.asked_then(life.lead.pk), campaigns=tuple(life.campaigns))
    life.foreseen = play(rows, reader, setting, now=now, deeds=life.deeds)
    life.to_do = [(now + deed.delay, deed) for deed in life.deeds if deed.after is None]


def hand_over(now: datetime) -> None:
    """Everything that is planned leaves at once."""
    left = Delivery.objects.exclude(id__in=Outcome.objects.values("delivery_id")).values_list("id", flat=True)
    Outcome.objects.bulk_create(Outcome(delivery_id=pk, at=now, state=State.SUBMITTED) for pk in left)


def run(lives: list[Life], now: datetime) -> None:
    """Let time pass until everything is over, or as far as anybody was foreseen."""
    until = now + LONGEST
    looks = {look for life in lives for future in futures(life) for look in future.looks}
    grid = {now + GRID * number for number in range(int(LONGEST / GRID))}
    moments = sorted(moment for moment in looks | grid if moment < until)
    while moments:
        due = min([moments[0], *(at for life in lives for at in (*life.campaigns, *(at for at, _deed in life.to_do)))])
        if due == moments[0]:
            moments.pop(0)
        if due >= until:
            continue
        for life in lives:
            do_what_is_due(life, due)
        while services.advance(due):
            hand_over(due)
            for life in lives:
                see_mails(life, due)


def futures(life: Life) -> list[Future]:
    """Of all ways of this person, also of those that begin on the way."""
    return [one for future in life.foreseen.values() for one in future.every()]


def do_what_is_due(life: Life, now: datetime) -> None:
    for at in [at for at in life.campaigns if at <= now]:
        life.campaigns.remove(at)
        mail.delivery(life.lead, kind=Kind.CAMPAIGN, state=State.SUBMITTED, at=now, variant_id=1)
    due = [deed for at, deed in life.to_do if at <= now]
    life.to_do = [(at, deed) for at, deed in life.to_do if at > now]
    for deed in due:
        do(life, deed, now)


def do(life: Life, deed: Deed, now: datetime) -> None:
    if deed.act == Act.CLICKED:
        delivery = Delivery.objects.get(kind=Kind.STEP, owner=life.way.pk, item=deed.after or 0)
        goals.clicked(mail.click(delivery, at=now).pk, now)
    elif deed.act == Act.REPLIED:
        goals.replied(Delivery.objects.get(kind=Kind.STEP, owner=life.way.pk, item=deed.after or 0).pk, now=now)
    elif deed.act == Act.TAG:
        tags.add(life.lead, name=deed.value, by=None, now=now)
    elif deed.act == Act.ATTENDED:
        starts_at = LONG_AGO + next(CALLS) * timedelta(hours=1)
        call = calls.appointment(life.lead, starts_at=starts_at, booked_at=starts_at, changed_at=starts_at)
        diary.record_outcome(call, state=AppointmentState.ATTENDED, by=User.objects.get(), now=now)
    elif deed.act == Act.BOOKED:
        bookings.reach(life.lead, kind=GoalKind.FREE_CALL, now=now)
    else:
        services.leave(life.lead, reason=ExitReason.UNSUBSCRIBED, now=now)


def see_mails(life: Life, now: datetime) -> None:
    planned = Delivery.objects.filter(kind=Kind.STEP, owner=life.way.pk).exclude(item__in=life.mailed)
    for key in planned.values_list("item", flat=True):
        life.mailed.add(key)
        life.to_do += [(now + deed.delay, deed) for deed in life.deeds if deed.after == key]


def begun(life: Life, until: datetime) -> list[Future]:
    """The ways that others handed over to by then."""
    found = []
    for future in futures(life):
        moments = [one.at for one in future.happenings if one.what == What.HANDOVER and not one.note]
        found += [one for at, one in zip(moments, future.onward, strict=True) if at < until]
    return found


def ways(life: Life, until: datetime) -> list[tuple[Future, Enrolment]]:
    """Each way that was foreseen with the one that came."""
    began: dict[int, list[Enrolment]] = defaultdict(list)
    since = Enrolment.objects.filter(lead=life.lead, enrolled_at__gte=life.way.enrolled_at)
    for row in since.exclude(pk__in=life.foreseen).order_by("pk"):
        began[row.sequence_id].append(row)
    ahead: dict[int, list[Future]] = defaultdict(list)
    for future in sorted(begun(life, until), key=lambda one: -one.way_id):
        ahead[future.sequence_id].append(future)
    mine = [(future, Enrolment.objects.get(pk=way)) for way, future in life.foreseen.items()]
    came = {pk: [row for row in rows if row.state != "held_out"] for pk, rows in began.items()}
    assert {pk: len(rows) for pk, rows in came.items() if rows} == {pk: len(found) for pk, found in ahead.items()}
    out = [row for rows in began.values() for row in rows if row.state == "held_out"]
    told = [one for future in futures(life) for one in future.happenings if one.note == Hindrance.HELD_OUT]
    assert [row.enrolled_at for row in out] == sorted(one.at for one in told if one.at < until)
    return mine + [pair for pk, found in ahead.items() for pair in zip(found, came[pk], strict=True)]


def got(row: Enrolment) -> dict[str, object]:
    """What really became of this way."""
    way = row.pk
    chunks = dict(Chunk.objects.values_list("id", "batch_id"))
    at = dict(Batch.objects.values_list("id", "planned_at"))
    left = Outcome.objects.filter(state=State.SUBMITTED).values("delivery_id")
    deliveries = Delivery.objects.filter(kind=Kind.STEP, owner=way, id__in=left).order_by("id")
    notices = Notice.objects.filter(enrolment=way).order_by("at", "key")
    ended = row.exit_reason or (row.state if row.ended_at else "")
    return {
        "mails": [(at[chunks[one.id // 1000]], one.item, one.variant_id) for one in deliveries],
        "notices": [(notice.at, notice.key) for notice in notices],
        "end": (ended, row.ended_at),
    }


def promised(future: Future, until: datetime) -> dict[str, object]:
    told = [one for one in future.happenings if one.at < until]
    is_over = future.ended_at is not None and future.ended_at < until
    return {
        "mails": [(one.at, one.key, one.variant_id) for one in told if one.what == What.MAIL],
        "notices": sorted((one.at, one.key) for one in told if one.what == What.NOTICE),
        "end": (future.end, future.ended_at) if is_over else ("", None),
    }


def kinds(future: Future) -> Iterator[str]:
    """Everything that came up: what happened, was done, why not earlier, what kept somebody from being handed over."""
    for one in future.happenings:
        yield one.what
        yield from (reason.kind for reason in one.why)
        if one.what == What.YES and one.step:
            yield one.step.kind
        if one.what in (What.HANDOVER, What.DEED):
            yield one.note


def test_the_future_that_was_foreseen_is_the_one_that_comes():
    letters = {number: mail.variant(mail.email(kind="step", topic="course")).pk for number in random_plans.EMAILS}
    people.staff()
    played = mails = ends = 0
    seen: set[str] = set()
    for batch in range(-(-FUTURES // TOGETHER)):
        chance = random.Random(batch)
        now = random_plans.begins(chance)
        clinics.clinic(**{"public_holidays": "", **CLINICS[batch % len(CLINICS)]})
        DayOff.objects.all().delete()
        DayOff.objects.bulk_create(DayOff(on=day) for day in random_plans.days_off(chance, now))
        numbers = range(batch * TOGETHER, min((batch + 1) * TOGETHER, FUTURES))
        lives = [enter(chance, number, letters, now) for number in numbers]
        for life in lives:
            foresee(life, now)
        run(lives, now)
        for number, life in zip(numbers, lives, strict=True):
            for future, row in ways(life, now + LONGEST):
                expected, found = promised(future, now + LONGEST), got(row)
                assert (number, expected) == (number, found), (entering.plan_of(row.version), life.deeds)
                mails += len(expected["mails"])
                ends += bool(expected["end"][0])
                seen |= set(kinds(future))
            played += 1
        Sequence.objects.update(state="paused")

    assert played == FUTURES
    assert mails > FUTURES
    assert ends > FUTURES / 2
    assert FUTURES < MANY or {*What, *Why, *Act, StepKind.UNTIL, *RULES} <= seen
