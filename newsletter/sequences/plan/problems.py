"""What is still wrong with a plan, in words for staff: what keeps it from being published, and what they should know.

Of mails this says only whether there is one; their words have checks of their own. Whether a condition can be asked is
for the registry to say: whoever calls brings what it says.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from newsletter.sequences.plan.document import (
    OCCASIONS,
    Again,
    Condition,
    Event,
    EventKind,
    Hours,
    Plan,
    Step,
    StepKind,
    TriggerKind,
    every,
)
from newsletter.sequences.plan.paths import mail_days, paths

ENTRY, TRIGGER, AGAIN, GOAL, HOURS, STEPS = "entry", "trigger", "again", "goal", "hours", "steps"
"""Places of a plan that are no steps."""

NEEDS_VALUE = {TriggerKind.TAG, TriggerKind.SEGMENT}
NEEDS_NUMBER = {TriggerKind.QUIET}


@dataclass(frozen=True, slots=True)
class Problem:
    """`where` is the key of a step, or one of the other places."""

    where: int | str
    words: str
    blocks: bool = True


@dataclass(frozen=True, slots=True)
class Allowed:
    """The clinic's frequency cap: at most so many mails a person in so many days."""

    mails: int
    days: int


AboutCondition = Callable[[Condition], list[str]]


def problems(plan: Plan, *, of_condition: AboutCondition, cap: Allowed, own_id: int) -> list[Problem]:
    """Everything that is to be said, in reading order: the rules, then step by step, then the whole."""
    found = [*_of_rules(plan, of_condition)]
    for step in plan.every():
        found += _of_step(step, plan, of_condition, own_id)
    return [*found, *_never_reached(plan.steps), *_never_clicked(plan), *_of_the_whole(plan, cap)]


def _of_rules(plan: Plan, of_condition: AboutCondition) -> Iterator[Problem]:
    trigger = plan.trigger
    if trigger.kind in NEEDS_VALUE and not trigger.value:
        yield Problem(TRIGGER, _("Choose what begins it."))
    if trigger.kind in NEEDS_NUMBER and not trigger.number:
        yield Problem(TRIGGER, _("Say after how many days of silence it begins."))
    for condition in plan.entry:
        yield from (Problem(ENTRY, words) for words in of_condition(condition))
    if plan.again == Again.DAYS and not plan.again_days:
        yield Problem(AGAIN, _("Say after how many days somebody may come again."))
    if plan.again == Again.OCCASION and trigger.kind not in OCCASIONS:
        yield Problem(AGAIN, _("What begins it is no appointment and no question: it means once ever."), blocks=False)
    if plan.goal is None:
        yield Problem(
            GOAL, _("It has no goal: nobody leaves it before its end, and nothing is credited to it."), blocks=False
        )
    else:
        yield from _of_event(plan.goal, GOAL, plan)
    yield from _of_hours(plan.hours, HOURS)


def _of_event(event: Event, where: int | str, plan: Plan) -> Iterator[Problem]:
    if event.kind == EventKind.TAG and not event.value:
        yield Problem(where, _("Choose the tag."))
    if event.kind == EventKind.CLICKED and event.mail not in ("", *(str(step.key) for step in plan.emails)):
        yield Problem(where, _("The mail that it speaks of is not in the plan any more."))


def _of_hours(hours: Hours, where: int | str) -> Iterator[Problem]:
    if not hours.weekdays:
        yield Problem(where, _("No weekday is chosen, so no mail could ever go."))
    if hours.closes <= hours.opens:
        yield Problem(where, _("The time at which mails stop is not after the time at which they begin."))


def _of_step(step: Step, plan: Plan, of_condition: AboutCondition, own_id: int) -> Iterator[Problem]:
    yield from (Problem(step.key, words) for words in MISSING[step.kind](step))
    if step.kind == StepKind.EMAIL:
        yield from _of_mail(step, plan)
    if step.kind == StepKind.UNTIL and step.event is not None:
        yield from _of_event(step.event, step.key, plan)
    if step.kind == StepKind.SPLIT and step.condition is not None:
        yield from (Problem(step.key, words) for words in of_condition(step.condition))
    if step.kind == StepKind.HANDOVER and step.sequence == own_id:
        yield Problem(step.key, _("It cannot hand over to itself."))
    if step.kind in (StepKind.SPLIT, StepKind.LOT):
        yield from _of_branches(step)


def _of_branches(step: Step) -> Iterator[Problem]:
    if not step.yes and not step.no:
        yield Problem(step.key, _("Both ways are empty: it makes no difference."), blocks=False)
    elif step.kind == StepKind.LOT and _has_mail(step.yes) != _has_mail(step.no):
        yield Problem(step.key, _("One of the two ways has no mail: who draws it gets none here."), blocks=False)


def _has_mail(steps: tuple[Step, ...]) -> bool:
    return any(step.kind == StepKind.EMAIL for step in every(steps))


def _of_mail(step: Step, plan: Plan) -> Iterator[Problem]:
    hours = step.hours or plan.hours
    if step.hours is not None:
        yield from _of_hours(step.hours, step.key)
    at = step.wait.at
    if at is not None and not hours.opens <= at < hours.closes:
        yield Problem(
            step.key,
            _("Its time, %(at)s, is outside the hours in which mails go (%(opens)s to %(closes)s).")
            % {"at": f"{at:%H:%M}", "opens": f"{hours.opens:%H:%M}", "closes": f"{hours.closes:%H:%M}"},
        )


def _nothing(step: Step) -> list[str]:
    return []


def _unless(is_there: Callable[[Step], object], words: Callable[[], str]) -> Callable[[Step], list[str]]:
    return lambda step: [] if is_there(step) else [words()]


def _until(step: Step) -> list[str]:
    found = [] if step.event else [_("Say what it waits for.")]
    return (
        found if step.days else [*found, _("Say how many days it waits at most: else people would stay here for ever.")]
    )


MISSING: dict[StepKind, Callable[[Step], list[str]]] = {
    StepKind.EMAIL: _unless(lambda step: step.email, lambda: _("It has no mail yet.")),
    StepKind.WAIT: _unless(lambda step: not step.wait.is_nothing, lambda: _("Say how long it waits.")),
    StepKind.UNTIL: _until,
    StepKind.SPLIT: _unless(lambda step: step.condition, lambda: _("Say for whom it goes which way.")),
    StepKind.LOT: _nothing,
    StepKind.TAG: _unless(lambda step: step.tag.strip(), lambda: _("Say which tag.")),
    StepKind.NOTIFY: _unless(lambda step: step.text.strip(), lambda: _("Say what the person is to do.")),
    StepKind.HANDOVER: _unless(lambda step: step.sequence, lambda: _("Say which sequence goes on from here.")),
    StepKind.END: _nothing,
}


def _never_reached(steps: tuple[Step, ...]) -> Iterator[Problem]:
    """The first step behind an end, in each list; what is behind it is not reached either."""
    for step in steps:
        yield from _never_reached(step.yes)
        yield from _never_reached(step.no)
    for before, step in pairwise(steps):
        if _ends(before):
            yield Problem(step.key, _("Nobody gets here: every way ends before it."))
            return


def _ends(step: Step) -> bool:
    if step.kind == StepKind.END:
        return True
    return step.is_branching and all(branch and any(map(_ends, branch)) for branch in (step.yes, step.no))


def _never_clicked(plan: Plan) -> Iterator[Problem]:
    """Who waits for a click in a mail that has not gone by then."""
    mails = {str(step.key) for step in plan.emails}
    for step, before in _with_mails_before(plan.steps, set()):
        event = step.event
        if event is None or event.kind != EventKind.CLICKED or event.mail not in ("", *mails):
            continue
        if not (event.mail in before if event.mail else before):
            yield Problem(step.key, _("The mail has not gone by then: nobody can click in it."), blocks=False)


def _with_mails_before(steps: tuple[Step, ...], before: set[str]) -> Iterator[tuple[Step, set[str]]]:
    """Each step with the mails that may have gone when somebody comes to it; `before` grows by those of the list."""
    for step in steps:
        yield step, before
        yes, no = before.copy(), before.copy()
        yield from _with_mails_before(step.yes, yes)
        yield from _with_mails_before(step.no, no)
        before |= yes | no
        if step.kind == StepKind.EMAIL:
            before.add(str(step.key))


def _of_the_whole(plan: Plan, cap: Allowed) -> Iterator[Problem]:
    if not plan.steps:
        yield Problem(STEPS, _("There is nothing in it yet."))
        return
    if not plan.emails:
        yield Problem(STEPS, _("There is no mail in it."), blocks=False)
    most = max((_most_within(mail_days(path), cap.days) for path in paths(plan.steps)), default=0)
    if most > cap.mails:
        words = ngettext(
            "Up to %(most)d mails fall into %(days)d day, and the clinic allows %(mails)d: the others wait for room.",
            "Up to %(most)d mails fall into %(days)d days, and the clinic allows %(mails)d: the others wait for room.",
            cap.days,
        )
        yield Problem(STEPS, words % {"most": most, "days": cap.days, "mails": cap.mails}, blocks=False)


def _most_within(days: list[float], span: int) -> int:
    return max((sum(first <= day < first + span for day in days) for first in days), default=0)
