"""The draft of a sequence: what staff are writing, beside what is published."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from accounts.models import User
from newsletter.sequences.models import Sequence, SequenceVersion, Step
from newsletter.sequences.plan import document
from newsletter.sequences.plan.document import Event, EventKind, Hours, Plan, StepKind, Trigger, TriggerKind, write
from newsletter.sequences.plan.reading import read
from newsletter.sequences.queries import COURSE_KEY
from newsletter.sequences.schedule import Wait


class Overtaken(Exception):
    """Somebody else saved this draft in the meantime."""


def draft(sequence: Sequence) -> Plan:
    """What staff are writing; as published where they are not; raises Unreadable."""
    if sequence.draft is not None:
        return read(sequence.draft)
    return as_published(sequence.published) if sequence.published else Plan()


@transaction.atomic
def save(sequence_id: int, plan: Plan, *, number: int, by: User, now: datetime) -> int:
    """Keep this draft, made from the draft of this number; its new number. Raises Overtaken."""
    values = {"draft": write(plan), "draft_number": number + 1, "draft_at": now, "draft_by": by}
    if not Sequence.objects.filter(pk=sequence_id, draft_number=number).update(**values):
        raise Overtaken
    return number + 1


def as_published(version: SequenceVersion) -> Plan:
    """The plan of a version. One from before there were plans is read from its steps: mails, one after the other."""
    if version.plan:
        return read(version.plan)
    is_course = version.sequence.key == COURSE_KEY
    return Plan(
        trigger=Trigger(TriggerKind.CONSENT if is_course else TriggerKind.HAND),
        goal=Event(EventKind.BOOKED) if is_course else None,
        hours=Hours(frozenset(version.weekdays), version.window_opens_at, version.window_closes_at),
        steps=tuple(map(_mail, version.steps.select_related("variant").order_by("position"))),
    )


def fresh_key(sequence: Sequence, plan: Plan) -> int:
    """The key of a new step: one that none ever had, for who has passed a key never gets it again."""
    drafted = [step.key for one in (plan, draft(sequence)) for step in one.every()]
    used = Step.objects.filter(version__sequence=sequence).aggregate(last=Max("key"))["last"] or 0
    return max([used, *drafted]) + 1


def _mail(row: Step) -> document.Step:
    email = row.variant.email_id if row.variant else None
    return document.Step(row.key, StepKind.EMAIL, wait=Wait(days=row.wait_days), email=email)
