"""What the database answers to the questions of ways: one statement for everybody who asks the same."""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime

from leads.segments import queries as segments
from leads.segments.registry import Unanswerable
from newsletter.sequences import events, last_mail, over, repeating
from newsletter.sequences.almanac import Almanac, PublishedStep
from newsletter.sequences.plan.document import StepKind
from newsletter.sequences.walk import Answers, Due, Move, Question

Decide = Callable[..., Move | Question]

log = logging.getLogger(__name__)


def decide_all(rows: Sequence[Due], almanac: Almanac, decide: Decide, *, now: datetime) -> list[Move]:
    """Decide about each of these, and look up what they ask, until nobody asks any more; in the order of the rows.

    A way only ever goes forward, so each round leaves fewer steps to ask about.
    """
    answers: dict[tuple[int, int], bool] = {}
    moves: dict[int, Move] = {}
    rows = over.with_end(repeating.with_had(rows, almanac, now), almanac)
    waiting = rows = last_mail.with_last(rows, now)
    while waiting:
        asked: list[Question] = []
        for row in waiting:
            found = decide(row, almanac, answers, now=now)
            if isinstance(found, Question):
                asked.append(found)
            else:
                moves[row.id] = found
        answers.update(look_up(asked, now))
        waiting = [question.row for question in asked]
    return [moves[row.id] for row in rows]


def look_up(questions: Sequence[Question], now: datetime) -> Answers:
    """Whether what each way asks is so."""
    alike: dict[tuple[int, int], list[Question]] = defaultdict(list)
    for question in questions:
        alike[question.row.version_id, question.step.position].append(question)
    found: dict[tuple[int, int], bool] = {}
    for same in alike.values():
        step = same[0].step
        found.update({(one.row.id, step.position): is_so for one, is_so in _answers(step, same, now)})
    return found


def _answers(step: PublishedStep, asked: list[Question], now: datetime) -> list[tuple[Question, bool]]:
    if step.kind == StepKind.UNTIL and step.event is not None:
        happened = events.happened(step.event, [(one.row.id, one.row.lead_id, one.since) for one in asked])
        return [(one, one.row.id in happened) for one in asked]
    if step.kind == StepKind.SPLIT:
        held = _held(step, asked, now)
        return [(one, one.row.lead_id in held) for one in asked]
    is_scarce = step.scarce is not None and events.is_scarce(step.scarce, now)
    return [(one, is_scarce) for one in asked]


def _held(step: PublishedStep, asked: list[Question], now: datetime) -> set[int]:
    """For whom the condition holds. What can no longer be asked holds for nobody: the way goes by "otherwise"."""
    if step.condition is None:
        return set()
    try:
        held = segments.holds([step.condition], {one.row.lead_id for one in asked}, now)
    except Unanswerable:
        log.warning("The condition of step %s of a sequence cannot be evaluated any more.", step.key)
        return set()
    return {lead_id for lead_id, true in held.items() if true}
