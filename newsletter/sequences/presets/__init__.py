"""The sequences that ship: the course, which is live from the first day, and others as drafts that staff publish."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from accounts.models import User
from newsletter.content import presets as letters
from newsletter.content import services as content
from newsletter.content.models import EmailKind, EmailTemplate
from newsletter.content.services import Wording
from newsletter.sequences import writing
from newsletter.sequences.models import Sequence, SequenceState
from newsletter.sequences.plan.document import Step, StepKind, write
from newsletter.sequences.plan.words import glance
from newsletter.sequences.presets.shipped import COURSE, SHIPPED, Shipped
from newsletter.sequences.publishing import versions

__all__ = ["NoSuchPreset", "Offered", "begin", "install", "offered"]


class NoSuchPreset(LookupError):
    """It is no preset, or its mails are not installed."""


@dataclass(frozen=True, slots=True)
class Offered:
    """What a new sequence can begin with; `about` says when it begins and what it is for, `glance` how long it is."""

    key: str
    name: str
    about: str
    glance: str


@transaction.atomic
def install(now: datetime) -> Sequence:
    """Install the course, the other sequences as drafts, and all their mails; what is there already stays as it is.

    A draft that staff deleted does not come back; it is still offered to begin with.
    """
    letters.install(now)
    emails = _installed()
    course, _ = Sequence.objects.get_or_create(key=COURSE.key, defaults=_named(COURSE))
    if course.published is None:
        course.published = versions.write_version(course, COURSE.plan(emails), by=None, now=now)
        course.save(update_fields=["published"])
    dropped = writing.discarded()
    for shipped in (one for one in SHIPPED if one.key not in dropped):
        draft = {"state": SequenceState.DRAFT, "draft": write(shipped.plan(emails)), "draft_at": now}
        Sequence.objects.get_or_create(key=shipped.key, defaults=_named(shipped) | draft)
    return course


def offered() -> list[Offered]:
    """Everything that ships, whether its sequence was changed or published or not."""
    emails = dict.fromkeys((preset.key for preset in letters.SHIPPED), 0)
    return [Offered(one.key, str(one.name), str(one.about), glance(one.plan(emails))) for one in (COURSE, *SHIPPED)]


@transaction.atomic
def begin(key: str, *, name: str, by: User, now: datetime) -> Sequence:
    """A new draft out of a preset, with mails of its own that say what the installed ones say; raises NoSuchPreset."""
    shipped = next((one for one in (COURSE, *SHIPPED) if one.key == key), None)
    if shipped is None:
        raise NoSuchPreset(key)
    made = writing.begin(name, topic=shipped.topic, by=by, now=now)
    try:
        plan = shipped.plan(_installed())
    except KeyError as missing:
        raise NoSuchPreset(key) from missing
    own = replace(plan, steps=_with_mails_of_their_own(plan.steps, now))
    writing.keep(made, writing.Act(own, made.draft_number), by=by, now=now)
    made.refresh_from_db()
    return made


def _installed() -> dict[str, int]:
    found = EmailTemplate.objects.filter(key__isnull=False).values_list("key", "pk")
    return {str(key): pk for key, pk in found}


def _named(shipped: Shipped) -> dict[str, object]:
    return {"name": str(shipped.name), "topic": shipped.topic}


def _with_mails_of_their_own(steps: tuple[Step, ...], now: datetime) -> tuple[Step, ...]:
    return tuple(
        replace(
            step,
            email=_copied(step.email, now) if step.kind == StepKind.EMAIL and step.email else None,
            yes=_with_mails_of_their_own(step.yes, now),
            no=_with_mails_of_their_own(step.no, now),
        )
        for step in steps
    )


def _copied(email_id: int, now: datetime) -> int:
    email = EmailTemplate.objects.get(pk=email_id)
    wording = Wording(email.subject, email.preheader, email.body)
    return content.create(wording, kind=EmailKind.STEP, name=email.name, topic=email.topic, now=now).pk
