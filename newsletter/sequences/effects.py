"""What ways do besides mailing: put tags on and take them off, call a person, hand over to another sequence."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from leads.models import Lead
from leads.tags import services as tags
from newsletter.sequences import entering
from newsletter.sequences.almanac import PublishedStep
from newsletter.sequences.models import Notice, Sequence, SequenceState
from newsletter.sequences.plan.document import StepKind
from newsletter.sequences.walk import Move


def carry_out_effects(moves: Iterable[Move], now: datetime) -> None:
    """In the transaction that moves the ways, so that each is done once."""
    steps: dict[tuple[int, int], PublishedStep] = {}
    alike: dict[tuple[int, int], list[Move]] = defaultdict(list)
    for move in moves:
        for step in move.effects:
            place = (move.row.version_id, step.position)
            steps[place] = step
            alike[place].append(move)
    for place, mine in alike.items():
        EFFECTS[steps[place].kind](steps[place], mine, now)


def _tag(step: PublishedStep, moves: list[Move], now: datetime) -> None:
    for lead in Lead.objects.filter(pk__in=[move.row.lead_id for move in moves]):
        if step.adds:
            tags.add(lead, name=step.tag, by=None, now=now)
        else:
            tags.remove(lead, name=step.tag)


def _notify(step: PublishedStep, moves: list[Move], now: datetime) -> None:
    """Once per way and step, whatever happens to the plan in between."""
    Notice.objects.bulk_create(
        [Notice(enrolment_id=move.row.id, key=step.key, text=step.text, at=now) for move in moves],
        ignore_conflicts=True,
    )


def _hand_over(step: PublishedStep, moves: list[Move], now: datetime) -> None:
    """To a sequence that is there and live; to any other nobody goes."""
    following = Sequence.objects.filter(
        pk=step.sequence or 0, state=SequenceState.LIVE, published__isnull=False
    ).first()
    if following is not None:
        entering.enter(following, [move.row.lead_id for move in moves], now=now)


EFFECTS = {StepKind.TAG: _tag, StepKind.NOTIFY: _notify, StepKind.HANDOVER: _hand_over}
