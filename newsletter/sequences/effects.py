"""What ways do besides mailing: put tags on and take them off, call a person, hand over to another sequence."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from leads.tags import services as tags
from newsletter.deliveries import prepared
from newsletter.sequences import entering
from newsletter.sequences.almanac import PublishedStep
from newsletter.sequences.models import Sequence, SequenceState
from newsletter.sequences.plan.document import StepKind
from newsletter.sequences.walk import Move

NOTIFY = """
    INSERT INTO newsletter_notice (enrolment_id, key, text, at)
    SELECT way, %(key)s::int, %(text)s::text, %(now)s::timestamptz FROM unnest(%(ways)s::bigint[]) way
    ON CONFLICT DO NOTHING
"""


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
    people = {move.row.lead_id for move in moves}
    if step.adds:
        tags.add_to_many(people, name=step.tag, now=now)
    else:
        tags.remove_from_many(people, name=step.tag)


def _notify(step: PublishedStep, moves: list[Move], now: datetime) -> None:
    """Once per way and step, whatever happens to the plan in between."""
    values = {"ways": prepared.array([move.row.id for move in moves]), "key": step.key, "text": step.text, "now": now}
    prepared.execute(NOTIFY, values)


def _hand_over(step: PublishedStep, moves: list[Move], now: datetime) -> None:
    """To a sequence that is published; in one that is paused they wait. To any other nobody goes.

    Where people come once per appointment the new way is about the same one.
    """
    published = Sequence.objects.filter(pk=step.sequence or 0, published__isnull=False)
    following = published.exclude(state=SequenceState.DRAFT).select_related("published").first()
    if following is None or following.published is None:
        return
    plan, about = entering.plan_of(following.published), defaultdict(list)
    for move in moves:
        about[plan.about(move.row.occasion)].append(move.row.lead_id)
    for occasion, people in about.items():
        entering.enter(following, people, now=now, occasion=occasion)


EFFECTS = {StepKind.TAG: _tag, StepKind.NOTIFY: _notify, StepKind.HANDOVER: _hand_over}
