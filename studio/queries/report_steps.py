"""The steps of a sequence as its report calls them: by their keys, over all its versions."""

from collections.abc import Sequence as Many
from dataclasses import dataclass

from newsletter.sequences import publishing
from newsletter.sequences.models import Sequence, SequenceVersion
from newsletter.sequences.plan import words
from newsletter.sequences.plan.document import Plan, StepKind
from studio.queries import sequences


@dataclass(frozen=True, slots=True)
class Named:
    """A step: a mail by its subject, anything else in words. `is_gone`: the version shown last has it no more."""

    key: int
    words: str
    is_mail: bool
    is_gone: bool


def versions(sequence: Sequence) -> list[SequenceVersion]:
    """All of them, the newest first."""
    return list(sequence.versions.select_related("sequence").order_by("-number"))


def steps(of: Many[SequenceVersion]) -> dict[int, Named]:
    """Every step of these versions, the newest of which come first, in the order in which people meet them.

    A step that a newer version has no more stands behind the one that it stood behind.
    """
    plans = [publishing.as_published(version) for version in of]
    called = sequences.names(plans[0] if plans else None)
    newest = {step.key for step in plans[0].every()} if plans else set()
    found: dict[int, Named] = {}
    for plan in plans:
        for step in plan.every():
            is_mail = step.kind == StepKind.EMAIL
            said = called.emails.get(step.email or 0, "…") if is_mail else words.step(step, called)
            found.setdefault(step.key, Named(step.key, said, is_mail, step.key not in newest))
    return {key: found[key] for key in order(plans)}


def order(plans: Many[Plan]) -> list[int]:
    """The keys of all steps in reading order, as the first plan has it."""
    placed: list[int] = []
    for plan in plans:
        behind = 0
        for step in plan.every():
            if step.key not in placed:
                placed.insert(behind, step.key)
            behind = placed.index(step.key) + 1
    return placed
