"""The sequences that one person is in, as their page of them shows it."""

from dataclasses import dataclass

from leads.models import Lead
from newsletter.models import Enrolment
from newsletter.sequences import one as single
from newsletter.sequences import publishing
from newsletter.sequences import queries as sequences
from newsletter.sequences.models import EnrolmentState
from newsletter.sequences.plan import words
from newsletter.sequences.plan.flatten import flatten
from newsletter.sequences.plan.words import Names
from studio.queries.sequences import names

UNDER_WAY = (EnrolmentState.ACTIVE, EnrolmentState.PAUSED)


@dataclass(frozen=True, slots=True)
class OneWay:
    """A way under way: what comes next in words, and the steps before which somebody can be put."""

    way: Enrolment
    following: str
    steps: list[tuple[int, str]]


def of(lead: Lead) -> list[OneWay]:
    """Every way of this person that is under way, the newest first."""
    ways = sequences.enrolments(lead).filter(state__in=UNDER_WAY).select_related("sequence", "version__sequence")
    called = names()
    return [_told(way, called) for way in ways]


def _told(way: Enrolment, called: Names) -> OneWay:
    placed = flatten(publishing.as_published(way.version).steps)
    had = single.had(way)
    said = {one.position: f"{one.position + 1}. {words.step(one.step, called)}" for one in placed}
    steps = [(one.step.key, said[one.position]) for one in placed if one.step.key not in had]
    return OneWay(way, said.get(way.next_position, ""), steps)
