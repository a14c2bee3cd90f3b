"""The sequences that one person is in, as their page of them shows it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from leads.models import Lead
from newsletter.deliveries import queries as deliveries
from newsletter.deliveries.models import Kind
from newsletter.models import Enrolment
from newsletter.sequences import one as single
from newsletter.sequences import publishing
from newsletter.sequences import queries as sequences
from newsletter.sequences.models import EnrolmentState
from newsletter.sequences.plan import words
from newsletter.sequences.plan.flatten import Placed, flatten
from newsletter.sequences.plan.words import Names
from studio.queries.sequences import names

NOTHING = 0
UNDER_WAY = (EnrolmentState.ACTIVE, EnrolmentState.PAUSED, EnrolmentState.FINISHED)


@dataclass(frozen=True, slots=True)
class OneWay:
    """A way under way: the mails that are on their way, what comes next (`next` is its key), where somebody can be put.

    A way that has finished is told of as long as its last mail has not left.
    """

    way: Enrolment
    leaving: list[str]
    next: int
    following: str
    steps: list[tuple[int, str]]


def of(lead: Lead) -> list[OneWay]:
    """Every way of this person about which something can be done, the newest first."""
    known = sequences.enrolments(lead).filter(state__in=UNDER_WAY).select_related("sequence", "version__sequence")
    called, ways = names(), list(known)
    leaving = _leaving(lead)
    over = EnrolmentState.FINISHED
    return [_told(way, called, leaving[way.pk]) for way in ways if way.state != over or leaving[way.pk]]


def _leaving(lead: Lead) -> Mapping[int, list[str]]:
    """The subjects of what is planned for this person and has not left, by way."""
    found: dict[int, list[str]] = defaultdict(list)
    for mail in deliveries.history(lead.pk):
        if mail.kind == Kind.STEP and mail.state is None:
            found[mail.owner].append(mail.subject)
    return found


def _told(way: Enrolment, called: Names, leaving: list[str]) -> OneWay:
    placed = flatten(publishing.as_published(way.version).steps)
    had = single.had(way)
    following = next((one for one in placed if one.position >= way.next_position), None)
    said = {one.position: _place(one, called) for one in placed}
    steps = [(one.step.key, said[one.position]) for one in placed if one.step.key not in had]
    is_over = way.state == EnrolmentState.FINISHED
    if is_over or following is None:
        return OneWay(way, leaving, NOTHING, "", [] if is_over else steps)
    return OneWay(way, leaving, following.step.key, said[following.position], steps)


def _place(one: Placed, called: Names) -> str:
    said = {"number": one.position + 1, "words": words.step(one.step, called)}
    return _("Step %(number)d: %(words)s") % said
