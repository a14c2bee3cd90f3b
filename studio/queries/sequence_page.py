"""What the pages of one sequence are told: its plan in words, who stands where, what is still to be done."""

from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsletter.sequences import publishing, queries, writing
from newsletter.sequences.models import Sequence
from newsletter.sequences.plan import words
from newsletter.sequences.plan.editing import Place
from newsletter.sequences.plan.problems import AGAIN, ENTRY, GOAL, HOURS, STEPS, TRIGGER, Problem
from newsletter.sequences.presence import Present
from studio.queries import plan_lines, sequences
from studio.queries.plan_lines import COMMON, KINDS, Line, Said

WHERE = {
    TRIGGER: gettext_lazy("What begins it"),
    ENTRY: gettext_lazy("For whom"),
    AGAIN: gettext_lazy("How often"),
    GOAL: gettext_lazy("Its goal"),
    HOURS: gettext_lazy("When mails go"),
    STEPS: gettext_lazy("The whole plan"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """A problem with the way to its place: the form that mends it, how the place is called, the mail that is there."""

    words: str
    blocks: bool
    open: str
    where: str
    email: int | None = None

    @property
    def is_step(self) -> bool:
        return self.open.isdigit()


def reading(sequence: Sequence) -> dict[str, Any]:
    """The plan as people go through it, with figures; the draft where nothing is published."""
    plan = sequences.running(sequence)
    called = sequences.names(plan)
    figures = queries.step_figures(sequence)
    said = Said(waiting={one.step.key: one.waiting for one in figures})
    return {
        "glance": words.glance(plan),
        "rules": plan_lines.rules(plan, called, said),
        "lines": plan_lines.lines(plan, called, said),
        "figures": [one for one in figures if one.step.variant_id],
        "is_changed": sequences.is_changed(sequence),
    }


def editor(sequence: Sequence) -> dict[str, Any]:
    """The draft as it is edited."""
    plan = publishing.draft(sequence)
    called = sequences.names(plan)
    problems = publishing.about_plan(sequence, plan)
    said = Said(problems=problems, waiting=queries.waiting(sequence) if sequence.published else {})
    lines = plan_lines.lines(plan, called, said)
    return {
        "sequence": sequence,
        "number": sequence.draft_number,
        "glance": words.glance(plan),
        "rules": plan_lines.rules(plan, called, said),
        "lines": lines,
        "end": Place(len(plan.steps)),
        "found": found(problems, lines),
        "ways": writing.ways(sequence),
        "saved": saved(sequence),
        "kinds": kinds(is_common=True),
        "rare_kinds": kinds(is_common=False),
        "is_changed": sequences.is_changed(sequence),
    }


def found(problems: Many[Problem], lines: Many[Line]) -> list[Found]:
    """The problems with the ways to their places."""
    places = {line.step.key: line for line in plan_lines.flat(lines)}
    return [_found(problem, places) for problem in problems]


def kinds(*, is_common: bool) -> list[tuple[str, Any]]:
    """The kinds of steps that a newcomer needs, or the others."""
    return [(kind.value, label) for kind, label in KINDS.items() if (kind in COMMON) == is_common]


def saved(sequence: Sequence) -> str:
    """When the draft was saved, as the page says it: with its day, unless that is today; empty without a draft."""
    at = sequence.draft_at if sequence.draft is not None else None
    if at is None:
        return ""
    is_today = timezone.localdate(at) == timezone.localdate()
    return _clock(at) if is_today else f"{date_format(timezone.localtime(at), 'j M')}, {_clock(at)}"


def others(present: Many[Present]) -> str:
    """Who else has the plan open, in words."""
    return " ".join(
        _("%(who)s has this open since %(at)s.") % {"who": one.name, "at": _clock(one.since)} for one in present
    )


def _clock(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{local:%H:%M} {local.tzname()}"


def _found(problem: Problem, places: Mapping[int, Line]) -> Found:
    if isinstance(problem.where, int):
        line = places[problem.where]
        where = _("Step %(number)d") % {"number": line.number}
        return Found(problem.words, problem.blocks, line.name, where, line.step.email)
    name = "" if problem.where == STEPS else problem.where
    return Found(problem.words, problem.blocks, name, str(WHERE.get(problem.where, "")))
