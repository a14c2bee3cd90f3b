"""A draft becomes the version that people enter from now on; its letters are frozen where they are not yet.

Looking at every mail, compiling and freezing it takes a while, and is over before the sequence's row is locked: whoever
moves people through it waits for a few rows only. If the plan or a mail was saved meanwhile, nothing is published.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction

from accounts import audit
from accounts.models import User
from leads.segments import looked
from newsletter.content import services as content
from newsletter.content.compile import NotCompilable
from newsletter.content.models import EmailTemplate, Variant
from newsletter.content.queries import STANDING
from newsletter.sequences.models import Sequence, SequenceState, SequenceVersion, Step, Transfer
from newsletter.sequences.plan.document import Plan, StepKind, write, write_step
from newsletter.sequences.plan.flatten import Placed, flatten
from newsletter.sequences.publishing import moving
from newsletter.sequences.publishing.checking import NotPublishable, review
from newsletter.sequences.publishing.drafts import Overtaken, as_published, draft
from newsletter.sequences.publishing.naming import mailed

Mails = Mapping[int, content.Ready]
"""By email: what is not frozen yet, compiled."""
AT_ONCE = 2 * moving.CHUNK
"""So many of those inside are moved while staff wait; the tick moves the others."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody looked at: the draft of this number, and a mark of what its mails say; None is whatever they do."""

    number: int
    mails: str | None = None


@dataclass(frozen=True, slots=True)
class _Ready:
    """The draft of this number, and what publishing it takes long for, done; None where nothing is new about it."""

    number: int
    plan: Plan | None
    mails: Mails


class StillMoving(Exception):
    """Those who were inside are still being moved to the version before."""


class Inside(StrEnum):
    """What becomes of those who are inside."""

    STAY = "stay"
    MOVE = "move"


@dataclass(frozen=True, slots=True)
class Choice:
    """What staff chose: about those who are inside, and whether who has finished gets what is new behind their end.

    Whose next moment would be now, all at once, is dealt out over so many `hours` in which the sequence mails.
    """

    inside: Inside = Inside.STAY
    also_finished: bool = False
    hours: float = 0


@dataclass(frozen=True, slots=True)
class Done:
    """What publishing did: the version, how many moved to it, how many planned mails were taken back, who goes on.

    `is_new` is False where the plan was published already; `is_whole` is False while the tick is moving the others.
    """

    version: SequenceVersion
    moved: int = 0
    cancelled: int = 0
    taken_up: int = 0
    is_new: bool = True
    is_whole: bool = True


def publish(sequence_id: int, choice: Choice, *, seen: Seen, by: User | None, now: datetime) -> Done:
    """Make the draft that was looked at the version that people enter from now on, and do what was chosen.

    A plan that is published already becomes no new version. Raises Overtaken, NotPublishable, StillMoving.
    """
    ready = _ready(sequence_id, seen)
    try:
        transfer, is_new = _published(sequence_id, choice, ready, by=by, now=now)
    except content.Overtaken:
        raise Overtaken from None
    moving.carry_on(transfer, now, limit=AT_ONCE)
    return Done(
        transfer.version, transfer.moved, transfer.cancelled, transfer.taken_up, is_new, transfer.ended_at is not None
    )


def letters(plan: Plan) -> dict[int, int]:
    """The standing variant of every email that the plan mails."""
    return dict(Variant.objects.filter(email__in=_mailed(plan), label=STANDING).values_list("email_id", "pk"))


@transaction.atomic
def _published(
    sequence_id: int, choice: Choice, ready: _Ready, *, by: User | None, now: datetime
) -> tuple[Transfer, bool]:
    plan = ready.plan
    frozen = _frozen(plan, ready.mails, now) if plan is not None else {}
    sequence = Sequence.objects.select_for_update(no_key=True).get(pk=sequence_id)
    if sequence.draft_number != ready.number:
        raise Overtaken
    if moving.is_under_way(sequence_id):
        raise StillMoving
    version = sequence.published if plan is None else _written(sequence, plan, frozen, by=by, now=now)
    if version is None:
        raise ValueError("A sequence without a version has nothing to stay the same as.")
    _go_live(sequence, version)
    facts = {"version": version.number, "inside": choice.inside.value, "also_finished": choice.also_finished}
    audit.record("sequence.published", subject=f"sequence:{sequence.pk}", by=by, **facts)
    return moving.begin(
        version,
        moves=choice.inside == Inside.MOVE,
        also_finished=choice.also_finished,
        hours=choice.hours,
        now=now,
    ), plan is not None


def is_other(sequence: Sequence, plan: Plan) -> bool:
    """Whether publishing this plan would make a new version."""
    return sequence.published is None or plan != as_published(sequence.published)


def mails_mark(plan: Plan) -> str:
    """A short mark that changes with what the plan's mails would say: what goes out already, else what is saved."""
    return _mark(plan, dict(EmailTemplate.objects.filter(pk__in=_mailed(plan)).values_list("pk", "version")))


def _mark(plan: Plan, saved: Mapping[int, int]) -> str:
    """The same where these versions of mails are looked at, as far as they do not go out already."""
    going_out = Variant.objects.filter(email__in=_mailed(plan), label=STANDING, current__isnull=False)
    frozen = dict(going_out.values_list("email_id", "current_id"))
    return looked.mark([[email, frozen.get(email, 0) or -saved.get(email, 0)] for email in sorted(_mailed(plan))])


def _ready(sequence_id: int, seen: Seen) -> _Ready:
    """What publishing takes long for: every mail looked at, and those compiled that are not frozen yet."""
    sequence = Sequence.objects.select_related("published__sequence").get(pk=sequence_id)
    if sequence.draft_number != seen.number:
        raise Overtaken
    plan = draft(sequence)
    if not is_other(sequence, plan):
        return _Ready(seen.number, None, {})
    try:
        mails = ready_mails(plan)
    except NotCompilable:
        mails = {}  # the review says what keeps it from that
    else:
        if seen.mails not in (None, _mark(plan, {email: made.version for email, made in mails.items()})):
            raise Overtaken
    blocking = [problem for problem in review(sequence, plan) if problem.blocks]
    if blocking:
        raise NotPublishable(blocking)
    return _Ready(seen.number, plan, mails)


def ready_mails(plan: Plan) -> Mails:
    """Those of the plan's mails that were never frozen; raises NotCompilable."""
    frozen = Variant.objects.filter(email__in=_mailed(plan), label=STANDING, current__isnull=False)
    left = EmailTemplate.objects.filter(pk__in=_mailed(plan)).exclude(pk__in=frozen.values("email_id"))
    return {email.pk: content.ready(email) for email in left}


def write_version(sequence: Sequence, plan: Plan, *, by: User | None, now: datetime) -> SequenceVersion:
    """Keep this plan as the next version, whatever is to be said about it; nobody enters it yet."""
    return _written(sequence, plan, _frozen(plan, ready_mails(plan), now), by=by, now=now)


def _written(
    sequence: Sequence, plan: Plan, frozen: Mapping[int, int], *, by: User | None, now: datetime
) -> SequenceVersion:
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
    Step.objects.bulk_create([_row(version, placed, frozen) for placed in flatten(plan.steps)])
    return version


def _mailed(plan: Plan) -> set[int]:
    return {email for step in plan.emails for email in mailed(step)}


def _frozen(plan: Plan, ready: Mails, now: datetime) -> dict[int, int]:
    """The letters of the plan's mails; what was never frozen is frozen as it is saved, what goes out already stays."""
    for email in sorted(_mailed(plan)):
        variant, _is_new = Variant.objects.get_or_create(email_id=email, label=STANDING)
        if variant.current_id is None:
            if email not in ready:
                raise Overtaken
            content.freeze_ready(variant, ready[email], now=now)
    return letters(plan)


def _row(version: SequenceVersion, placed: Placed, letters: Mapping[int, int]) -> Step:
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
