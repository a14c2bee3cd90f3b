"""What is pressed in the editor of a sequence, as a change of the plan: the act, on what, and what it makes of it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsletter.sequences import publishing, writing
from newsletter.sequences.models import Sequence
from newsletter.sequences.plan import editing, words
from newsletter.sequences.plan.document import Plan, Step, StepKind
from newsletter.sequences.plan.editing import NotPossible, Place
from newsletter.sequences.plan.reading import read
from studio.forms import sequence_steps, sequences
from studio.forms.sequence_fields import Laid
from studio.queries import plan_lines
from studio.queries import sequences as queries

BIGGEST = 2**31 - 1
NAME = re.compile("[a-z0-9]{0,12}")
SAYS_A_MAIL = "days"
"""A field that the form of a mail always sends."""


class NotValid(Exception):
    """A field does not fit; the form says which."""

    def __init__(self, form: Laid) -> None:
        super().__init__(_("Not saved: something in the form does not fit yet."))
        self.form = form


@dataclass(frozen=True, slots=True)
class Changed:
    """The plan as it becomes, what was done in words, the form that is open then, and which acts are alike."""

    plan: Plan
    said: str
    open: str = ""
    alike: str = ""


class Asked:
    """One press of a button: `act` on the draft of this `number`. Raises NotPossible where it cannot be read."""

    def __init__(self, sequence: Sequence, said: QueryDict) -> None:
        self.sequence, self.said = sequence, said
        self.act = said.get("act", "")
        self.open = opened(said)
        self.number = self.whole("number")

    def whole(self, name: str) -> int:
        """A number that was sent."""
        value = self.said.get(name, "")
        if not (value.isascii() and value.isdigit() and len(value) <= len(str(BIGGEST)) and int(value) <= BIGGEST):
            raise NotPossible(_("That could not be read. Nothing was saved."))
        return int(value)

    @cached_property
    def key(self) -> int:
        return self.whole("key")

    @property
    def own(self) -> str:
        """The name of the form that was sent: whatever was to be open then, it stays open where it does not fit."""
        return self.said.get("rule", "") if self.act == "rule" else str(self.key)

    @cached_property
    def place(self) -> Place:
        return Place.read(self.said.get("place", ""))

    @cached_property
    def plan(self) -> Plan:
        """The draft as it is."""
        return publishing.draft(self.sequence)

    @cached_property
    def step(self) -> Step:
        found = self.plan.find(self.key)
        if found is None:
            raise NotPossible(_("This step is not in the plan any more."))
        return found

    @cached_property
    def names(self) -> words.Names:
        return queries.names(self.plan)

    def words(self, step: Step) -> str:
        return words.step(step, self.names)


def opened(said: QueryDict) -> str:
    """The name of the form that is open, as far as it can be one."""
    name = said.get("open", "")
    return name if NAME.fullmatch(name) else ""


def changed(asked: Asked) -> Changed:
    """What the act makes of the draft; raises NotPossible and NotValid."""
    act = ACTS.get(asked.act)
    if act is None:
        raise NotPossible(_("That could not be read. Nothing was saved."))
    return act(asked)


def form(sequence: Sequence, plan: Plan, name: str, data: QueryDict | None = None) -> Laid | None:
    """The form of the step of this key, or of the rule of this name; None where there is no such thing."""
    if name in sequences.FORMS:
        return sequences.FORMS[name](data, plan=plan, known=queries.known(sequence, plan, queries.names()))
    step = plan.find(int(name)) if NAME.fullmatch(name) and name.isdigit() else None
    if step is None:
        return None
    known = queries.known(sequence, plan, queries.names())
    return sequence_steps.FORMS[step.kind](data, step=step, known=known)


def wanted(asked: Asked) -> dict[str, Any]:
    """What somebody wanted who was overtaken: in words, beside how it stands now, and all that they sent."""
    mine, theirs = _both(asked) if asked.act == "change" else ("", "")
    sent = [(name, value) for name, values in asked.said.lists() for value in values if name not in UNSENT]
    return {"mine": mine, "theirs": theirs, "sent": sent, "act": str(NAMES.get(asked.act, ""))}


def typed(asked: Asked) -> Step:
    """The step as its form says it, where that was sent along; raises NotPossible and NotValid."""
    return _typed(asked, asked.step) if SAYS_A_MAIL in asked.said else asked.step


UNSENT = {"csrfmiddlewaretoken", "number"}


def _both(asked: Asked) -> tuple[str, str]:
    """The step as somebody typed it, and as it stands; nothing where what was typed does not fit."""
    try:
        here = asked.plan.find(asked.key)
        before = here or _known_to(asked)
        typed = before and _typed(asked, before)
    except (NotPossible, NotValid):
        return "", ""
    theirs = asked.words(here) if here else _("It is not in the plan any more.")
    return (asked.words(typed) if typed else "", theirs)


def _known_to(asked: Asked) -> Step | None:
    """The step as it was in the draft that they saw."""
    seen = asked.sequence.states.filter(number=asked.number).first()
    return read(seen.plan).find(asked.key) if seen else None


def _typed(asked: Asked, before: Step) -> Step:
    known = queries.known(asked.sequence, asked.plan, asked.names)
    found = sequence_steps.FORMS[before.kind](asked.said, step=before, known=known)
    if not found.is_valid():
        raise NotValid(found)
    return found.step


def _add(asked: Asked) -> Changed:
    try:
        kind = StepKind(asked.said.get("kind", ""))
    except ValueError:
        raise NotPossible(_("There is no such kind of step.")) from None
    step = sequence_steps.new_step(writing.fresh_key(asked.sequence, asked.plan), kind, asked.plan)
    plan = editing.insert(asked.plan, step, asked.place)
    return Changed(plan, _("Added: %(words)s") % {"words": asked.words(step)}, str(step.key))


def _change(asked: Asked) -> Changed:
    step = _typed(asked, asked.step)
    said = _("Changed: %(words)s") % {"words": asked.words(step)}
    return Changed(editing.change(asked.plan, step), said, asked.open, f"change-{step.key}")


def _rule(asked: Asked) -> Changed:
    name = asked.said.get("rule", "")
    found = form(asked.sequence, asked.plan, name, asked.said)
    if not isinstance(found, sequences.RuleForm):
        raise NotPossible(_("That could not be read. Nothing was saved."))
    if not found.is_valid():
        raise NotValid(found)
    rules = plan_lines.rules(found.plan, asked.names, plan_lines.Said())
    said = next(f"{rule.label}: {rule.words}" for rule in rules if rule.name == name)
    return Changed(found.plan, said, asked.open, f"rule-{name}")


def _move(asked: Asked) -> Changed:
    return Changed(editing.move(asked.plan, asked.key, asked.place), _moved(asked), asked.open)


def _up(asked: Asked) -> Changed:
    return Changed(editing.shift(asked.plan, asked.key, -1), _moved(asked), asked.open)


def _down(asked: Asked) -> Changed:
    return Changed(editing.shift(asked.plan, asked.key, 1), _moved(asked), asked.open)


def _moved(asked: Asked) -> str:
    return _("Moved: %(words)s") % {"words": asked.words(asked.step)}


def _duplicate(asked: Asked) -> Changed:
    first = writing.fresh_key(asked.sequence, asked.plan)
    said = _("Copied: %(words)s") % {"words": asked.words(asked.step)}
    return Changed(editing.duplicate(asked.plan, asked.key, first), said, asked.open)


def _delete(asked: Asked) -> Changed:
    said = _("Taken out: %(words)s. “Undo” puts it back.") % {"words": asked.words(asked.step)}
    is_open = asked.open == str(asked.key)
    return Changed(editing.remove(asked.plan, asked.key), said, "" if is_open else asked.open)


def _revert(asked: Asked) -> Changed:
    if asked.sequence.published is None:
        raise NotPossible(_("Nothing is published yet."))
    plan = publishing.as_published(asked.sequence.published)
    return Changed(plan, _("It is again as it is published. “Undo” brings the draft back."))


ACTS: Mapping[str, Callable[[Asked], Changed]] = {
    "add": _add,
    "change": _change,
    "rule": _rule,
    "move": _move,
    "up": _up,
    "down": _down,
    "duplicate": _duplicate,
    "delete": _delete,
    "revert": _revert,
}
NAMES: Mapping[str, Promise] = {
    "add": gettext_lazy("Add a step"),
    "change": gettext_lazy("Change a step"),
    "rule": gettext_lazy("Change a rule"),
    "move": gettext_lazy("Move a step"),
    "up": gettext_lazy("Move a step up"),
    "down": gettext_lazy("Move a step down"),
    "duplicate": gettext_lazy("Copy a step"),
    "delete": gettext_lazy("Take a step out"),
    "revert": gettext_lazy("Drop the draft"),
    "undo": gettext_lazy("Undo"),
    "redo": gettext_lazy("Do again"),
    "write": gettext_lazy("Write a new mail"),
}
