"""What a draft changes about a published plan, in words: the rules, then what is new, other, elsewhere or gone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from newsletter.sequences.plan import words
from newsletter.sequences.plan.document import Plan, Step
from newsletter.sequences.plan.words import Names
from studio.queries import plan_lines
from studio.queries.plan_lines import Said


@dataclass(frozen=True, slots=True)
class Change:
    """What it is about, and how it reads before and after; empty where it was not there, or is not any more."""

    what: str
    before: str
    after: str


def changes(old: Plan, new: Plan, names: Names) -> list[Change]:
    """Nothing where both say the same."""
    return [*_of_rules(old, new, names), *_of_steps(old, new, names)]


def _of_rules(old: Plan, new: Plan, names: Names) -> list[Change]:
    before, after = (plan_lines.rules(plan, names, Said()) for plan in (old, new))
    pairs = zip(before, after, strict=True)
    return [Change(was.label, was.words, now.words) for was, now in pairs if was.words != now.words]


def _of_steps(old: Plan, new: Plan, names: Names) -> list[Change]:
    before, after = {step.key: step for step in old.every()}, {step.key: step for step in new.every()}
    elsewhere = _moved(old, new)
    found = []
    for key, step in after.items():
        said = words.step(step, names)
        if key not in before:
            found.append(Change(_("New"), "", said))
        elif _alone(before[key]) != _alone(step):
            found.append(Change(_("Changed"), words.step(before[key], names), said))
        elif key in elsewhere:
            found.append(Change(_("Moved"), said, said))
    gone = [step for key, step in before.items() if key not in after]
    return [*found, *(Change(_("Taken out"), words.step(step, names), "") for step in gone)]


def _alone(step: Step) -> Step:
    return replace(step, yes=(), no=())


def _moved(old: Plan, new: Plan) -> set[int]:
    """The steps of both that stand elsewhere: in another branch, or behind another step of both."""
    both = {step.key for step in old.every()} & {step.key for step in new.every()}
    before, after = (_behind(plan.steps, (0, ""), both) for plan in (old, new))
    return {key for key in both if before[key] != after[key]}


def _behind(steps: Sequence[Step], branch: tuple[int, str], both: set[int]) -> Mapping[int, tuple[int, str, int]]:
    """For each step its branch, and the last step before it there that is in both plans."""
    found: dict[int, tuple[int, str, int]] = {}
    last = 0
    for step in steps:
        found[step.key] = (*branch, last)
        found |= _behind(step.yes, (step.key, "yes"), both)
        found |= _behind(step.no, (step.key, "no"), both)
        last = step.key if step.key in both else last
    return found
