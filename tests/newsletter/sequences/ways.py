"""Published sequences with plans, people on their way through them, and what became of both."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.db import OperationalError, connection

from leads.models import Lead, Segment
from leads.segments import services as segments
from leads.segments.models import Match
from newsletter.models import Delivery, Enrolment, Sequence, SequenceVersion, Step
from newsletter.sequences import entering, goals, scanning, services
from newsletter.sequences.models import SequenceState
from newsletter.sequences.plan.document import Event, EventKind, Plan, StepKind, Trigger, TriggerKind, write
from newsletter.sequences.plan.document import Step as Planned
from newsletter.sequences.plan.flatten import flatten
from newsletter.sequences.publishing import versions
from newsletter.tracking.labels import BURST
from tests.factories import clinics, mail, people
from tests.newsletter.sequences import plans
from tests.newsletter.sequences.course import DAY, MINUTE, NOW

BEFORE = NOW - timedelta(days=1)
PERSON_SEEN = BURST + timedelta(seconds=1)


def sequence(
    *steps: Planned, key: str = "knee", topic: str = "course", at: datetime = BEFORE, **rules: Any
) -> Sequence:
    """A live sequence of these steps, published yesterday; every mail has a letter of its own."""
    if not Sequence.objects.exists():
        clinics.clinic()
    made = Sequence.objects.create(key=key, name=key, topic=topic, state=SequenceState.LIVE)
    publish(made, plans.plan(*steps, **rules), at=at)
    return made


def publish(of: Sequence, plan: Plan, *, at: datetime = BEFORE) -> SequenceVersion:
    version = SequenceVersion.objects.create(
        sequence=of,
        number=of.versions.count() + 1,
        plan=write(plan),
        weekdays=sorted(plan.hours.weekdays),
        window_opens_at=plan.hours.opens,
        window_closes_at=plan.hours.closes,
        published_at=at,
    )
    letters = {step.email: mail.variant(mail.email(kind="step", topic=of.topic)).pk for step in plan.emails}
    for placed in flatten(plan.steps):
        versions._row(version, placed, letters).save()
    of.published = version
    of.save(update_fields=["published"])
    return version


def trigger(kind: TriggerKind, value: str = "", number: int = 0) -> dict[str, Any]:
    return {"trigger": Trigger(kind, value, number)}


def goal(kind: EventKind, value: str = "") -> dict[str, Any]:
    return {"goal": Event(kind, value)}


def reader(**fields: Any) -> Lead:
    """Somebody who may be mailed."""
    return people.consent(people.lead(**fields)).lead


def begun(
    of: Sequence, lead: Lead | None = None, *, now: datetime = NOW, occasion: int = 0, is_asked_for: bool = False
) -> Enrolment:
    """Somebody's way that begins now; a first mail that they ask for now goes at any hour."""
    lead = lead or reader()
    assert entering.enter(of, [lead.pk], now=now, occasion=occasion, is_asked_for=is_asked_for) == [lead.pk]
    return Enrolment.objects.get(sequence=of, lead=lead, occasion=occasion, ended_at=None)


def following(way: Enrolment) -> int:
    """The key of the step that comes next for it; 0 behind the last one."""
    ahead = Step.objects.filter(version=way.version_id, position__gte=way.next_position).order_by("position")
    return ahead.values_list("key", flat=True).first() or 0


def is_taken_up(way: Enrolment) -> bool:
    """Whether it had finished, and goes on with what was appended, as staff wanted."""
    return way.state == "finished" and Enrolment.objects.filter(pk=way.pk).exclude(version=way.version_id).exists()


def was_knocked(way: Enrolment) -> bool:
    """Whether it waits for something to happen, which may be at any moment."""
    return Step.objects.filter(version=way.version_id, position=way.next_position, kind=StepKind.UNTIL).exists()


def tick(now: datetime) -> None:
    """What a tick does for sequences, in its order."""
    goals.look_at_clicks(now)
    scanning.scan(now)
    services.advance(now)


def click(way: Enrolment, key: int, *, at: datetime, **fields: Any) -> Any:
    """A click in the mail of this step."""
    delivery = Delivery.objects.get(kind=2, owner=way.pk, item=key)
    return mail.click(delivery, at=at, **fields)


def segment(*names: str) -> Segment:
    """Everybody who has one of these tags."""
    onlys = [{"name": "tagged", "value": name, "not": False} for name in names]
    return segments.create(segments.Draft("-".join(names), onlys, Match.ANY), by=people.staff(), now=BEFORE - DAY)


def inside(of: Sequence) -> list[int]:
    """Who is under way."""
    return [lead for lead, _occasion, _turn, state in who(of) if state == "active"]


def ending(way: Enrolment) -> tuple[str, str]:
    way.refresh_from_db()
    return way.state, way.exit_reason


def who(of: Sequence) -> list[tuple[int, int, int, str]]:
    """Everybody's ways: the lead, the occasion, the turn, the state."""
    found = Enrolment.objects.filter(sequence=of).order_by("pk")
    return list(found.values_list("lead_id", "occasion", "turn", "state"))


class Crash(OperationalError):
    """The process is gone."""


@contextmanager
def crashing(at: int) -> Iterator[None]:
    """Die at this statement."""
    seen = count(1)

    def run(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if next(seen) == at:
            raise Crash
        return execute(sql, params, many, context)

    with connection.execute_wrapper(run):
        yield


def count_ways_anew() -> None:
    """From one, until this transaction is undone: what is drawn by lot is drawn by a way's number."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER SEQUENCE newsletter_enrolment_id_seq RESTART")


@contextmanager
def meanwhile(statement: str, act: Callable[[], object]) -> Iterator[None]:
    """Once, just before this statement is sent, somebody acts."""
    left = [act]

    def run(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if left and statement in sql:
            left.pop()()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(run):
        yield


__all__ = [
    "BEFORE",
    "DAY",
    "MINUTE",
    "NOW",
    "PERSON_SEEN",
    "Crash",
    "begun",
    "click",
    "count_ways_anew",
    "crashing",
    "ending",
    "goal",
    "inside",
    "is_taken_up",
    "meanwhile",
    "publish",
    "reader",
    "segment",
    "sequence",
    "tick",
    "trigger",
    "was_knocked",
    "who",
]
