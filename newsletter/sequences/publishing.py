"""Publishing: a draft becomes a version, and what becomes of the people inside is what staff chose.

A version never changes. Who is inside goes on by the version they are in, or is moved to the new one where everything
that they have passed is the same in both: then nothing can come twice, and nothing is missed. Whoever has passed the
first change stays.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import connection, transaction

from accounts import audit
from accounts.models import User
from leads.people import addresses
from leads.segments import queries as segments
from newsletter.content.models import Variant
from newsletter.content.queries import STANDING
from newsletter.deliveries import lately
from newsletter.deliveries import services as deliveries
from newsletter.deliveries.models import Kind
from newsletter.sequences.almanac import Almanac, Published
from newsletter.sequences.models import Enrolment, EnrolmentState, Sequence, SequenceState, SequenceVersion, Step
from newsletter.sequences.plan.document import Plan, StepKind, write, write_step
from newsletter.sequences.plan.flatten import Placed, flatten
from newsletter.sequences.plan.problems import Allowed, Problem, problems
from newsletter.sequences.plan.reading import read
from newsletter.sequences.schedule import zone_of
from newsletter.sequences.walk import arrival

TAKEN_OUT = "step_removed"
UNDER_WAY = (EnrolmentState.ACTIVE, EnrolmentState.PAUSED)

REMOVED = f"""
    SELECT d.owner, d.item FROM newsletter_delivery d JOIN newsletter_enrolment e ON e.id = d.owner
    WHERE d.kind = {Kind.STEP:d} AND e.sequence_id = %(sequence)s AND e.state = ANY(%(under_way)s)
      AND NOT d.item = ANY(%(keys)s)
      AND NOT EXISTS (SELECT 1 FROM newsletter_outcome o WHERE o.delivery_id = d.id)
    ORDER BY d.id
"""  # noqa: S608


class Overtaken(Exception):
    """Somebody else saved this draft in the meantime."""


class NotPublishable(Exception):
    """The draft has problems that keep it from being published."""

    def __init__(self, found: list[Problem]) -> None:
        super().__init__("; ".join(problem.words for problem in found))
        self.problems = found


class Inside(StrEnum):
    """What becomes of those who are inside."""

    STAY = "stay"
    MOVE = "move"


@dataclass(frozen=True, slots=True)
class Choice:
    """What staff chose: about those who are inside, and whether who has finished gets what is new behind their end."""

    inside: Inside = Inside.STAY
    also_finished: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """What publishing did: the version, how many moved to it, how many planned mails were taken back, who goes on."""

    version: SequenceVersion
    moved: int = 0
    cancelled: int = 0
    taken_up: int = 0


def draft(sequence: Sequence) -> Plan:
    """What staff are writing; as published where they are not; raises Unreadable."""
    if sequence.draft is not None:
        return read(sequence.draft)
    return read(sequence.published.plan) if sequence.published and sequence.published.plan else Plan()


@transaction.atomic
def save(sequence_id: int, plan: Plan, *, number: int, by: User, now: datetime) -> int:
    """Keep this draft, made from the draft of this number; its new number. Raises Overtaken."""
    values = {"draft": write(plan), "draft_number": number + 1, "draft_at": now, "draft_by": by}
    if not Sequence.objects.filter(pk=sequence_id, draft_number=number).update(**values):
        raise Overtaken
    return number + 1


def review(sequence: Sequence, plan: Plan) -> list[Problem]:
    """What is to be said about this plan before it is published."""
    cap = lately.cap()
    return problems(
        plan, of_condition=segments.problems, cap=Allowed(cap.mails, max(cap.span.days, 1)), own_id=sequence.pk
    )


@transaction.atomic
def publish(sequence_id: int, choice: Choice, *, number: int, by: User, now: datetime) -> Done:
    """Make the draft of this number the version that people enter from now on; raises Overtaken, NotPublishable."""
    sequence = Sequence.objects.select_for_update().get(pk=sequence_id)
    if sequence.draft_number != number:
        raise Overtaken
    plan = draft(sequence)
    blocking = [problem for problem in review(sequence, plan) if problem.blocks]
    if blocking:
        raise NotPublishable(blocking)
    version = _version(sequence, plan, by, now)
    _go_live(sequence, version)
    done = _bring_along(version, choice, now)
    facts = {"version": version.number, "moved": done.moved, "taken_up": done.taken_up}
    audit.record("sequence.published", subject=f"sequence:{sequence.pk}", by=by, **facts)
    return done


def _bring_along(version: SequenceVersion, choice: Choice, now: datetime) -> Done:
    almanac = Almanac()
    moved = cancelled = taken_up = 0
    if choice.inside == Inside.MOVE:
        moved = _move(version, almanac, now)
        cancelled = _take_back_removed(version, now)
    if choice.also_finished:
        taken_up = _take_up(version, almanac, now)
    return Done(version, moved, cancelled, taken_up)


def _version(sequence: Sequence, plan: Plan, by: User | None, now: datetime) -> SequenceVersion:
    last = sequence.versions.order_by("number").last()
    version = SequenceVersion.objects.create(
        sequence=sequence,
        number=last.number + 1 if last else 1,
        plan=write(plan),
        weekdays=sorted(plan.hours.weekdays),
        window_opens_at=plan.hours.opens,
        window_closes_at=plan.hours.closes,
        published_at=now,
        published_by=by,
    )
    letters = _letters(plan)
    Step.objects.bulk_create([_row(version, placed, letters) for placed in flatten(plan.steps)])
    return version


def _letters(plan: Plan) -> dict[int, int]:
    """The standing variant of every email that the plan mails."""
    asked = {step.email for step in plan.emails} | {step.scarce.email for step in plan.emails if step.scarce}
    found = Variant.objects.filter(email_id__in=asked - {None}, label=STANDING)
    return dict(found.values_list("email_id", "pk"))


def _row(version: SequenceVersion, placed: Placed, letters: dict[int, int]) -> Step:
    step = placed.step
    options: dict[str, Any] = write_step(step)
    for name in ("key", "kind", "yes", "no"):
        options.pop(name, None)
    return Step(
        version=version,
        key=step.key,
        position=placed.position,
        kind=step.kind,
        wait_days=step.wait.days if step.kind == StepKind.EMAIL else 0,
        options=options,
        variant_id=letters.get(step.email or 0),
        other_variant_id=letters.get((step.scarce and step.scarce.email) or 0),
        after=placed.after,
        yes=placed.yes,
        no=placed.no,
    )


def _go_live(sequence: Sequence, version: SequenceVersion) -> None:
    sequence.published, sequence.draft = version, None
    if sequence.state == SequenceState.DRAFT:
        sequence.state = SequenceState.LIVE
    sequence.draft_number += 1
    sequence.save(update_fields=["published", "draft", "draft_number", "state"])


def first_change(old: Published, new: Published) -> int:
    """The first place at which two versions differ: whoever stands there, or before it, has passed nothing else."""
    for place, (one, other) in enumerate(zip(old.steps, new.steps, strict=False)):
        if _said(one) != _said(other):
            return place
    return min(len(old.steps), len(new.steps))


def _said(step: Any) -> tuple[Any, ...]:
    """A step as far as it decides what somebody got who has passed it; where a branch leads on may change."""
    return step.key, step.kind, step.variant_id


def _move(version: SequenceVersion, almanac: Almanac, now: datetime) -> int:
    new, moved = almanac.published(version.pk), 0
    ways = Enrolment.objects.filter(sequence=version.sequence_id, state__in=UNDER_WAY).exclude(version=version)
    for way in ways.select_for_update(no_key=True, of=["self"]).select_related("lead").order_by("pk"):
        old = almanac.published(way.version_id)
        if way.next_position <= first_change(old, new):
            _put_before(way, version, almanac, now)
            moved += 1
    return moved


def _put_before(way: Enrolment, version: SequenceVersion, almanac: Almanac, now: datetime) -> None:
    """Before the new version's step at the same place; where that is another one, its time is counted anew."""
    old, new = almanac.published(way.version_id), almanac.published(version.pk)
    before, step = old.step_at(way.next_position), new.step_at(way.next_position)
    way.version = version
    if step is None:
        way.state, way.ended_at, way.due_at, way.next_position = EnrolmentState.FINISHED, now, None, new.end
    elif step != before:
        zone = zone_of(way.lead.time_zone, almanac.zone)
        way.next_position = step.position
        way.due_at = arrival(step, new, way.since or way.enrolled_at, zone)
    way.save(update_fields=["version", "state", "ended_at", "due_at", "next_position"])


def _take_back_removed(version: SequenceVersion, now: datetime) -> int:
    """Cancel what is planned of steps that are not there any more, and has not left."""
    values = {
        "sequence": version.sequence_id,
        "under_way": [state.value for state in UNDER_WAY],
        "keys": list(version.steps.values_list("key", flat=True)),
    }
    with connection.cursor() as cursor:
        cursor.execute(REMOVED, values)
        planned = cursor.fetchall()
    leads = {way.pk: way.lead for way in Enrolment.objects.filter(pk__in=[way for way, _key in planned])}
    addresses.lock([lead.address_hash for lead in leads.values()])
    return sum(
        deliveries.cancel(kind=Kind.STEP, owner=way, item=key, reason=TAKEN_OUT, now=now) for way, key in planned
    )


def _take_up(version: SequenceVersion, almanac: Almanac, now: datetime) -> int:
    """Who finished a version that the new one only goes on from goes on with what is new."""
    new, taken_up = almanac.published(version.pk), 0
    ways = Enrolment.objects.filter(sequence=version.sequence_id, state=EnrolmentState.FINISHED)
    for way in ways.select_for_update(no_key=True, of=["self"]).select_related("lead").order_by("pk"):
        old = almanac.published(way.version_id)
        step = new.step_at(len(old.steps))
        if step is None or first_change(old, new) < len(old.steps) or way.next_position < old.end:
            continue
        way.version, way.state, way.ended_at = version, EnrolmentState.ACTIVE, None
        way.next_position, way.since = step.position, now
        way.due_at = arrival(step, new, now, zone_of(way.lead.time_zone, almanac.zone))
        way.save(update_fields=["version", "state", "ended_at", "next_position", "since", "due_at"])
        taken_up += 1
    return taken_up
