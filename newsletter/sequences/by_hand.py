"""Beginning by hand for just those whom somebody looked at.

The press carries what its page showed: a mark of who was chosen, of what the segment says and of the version, and how
many would begin. Where something else is so by then, nobody begins.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from leads.models import Lead, Segment
from leads.segments import looked
from newsletter.sequences import arriving, entering, triggers
from newsletter.sequences.almanac import Almanac
from newsletter.sequences.models import Sequence, SequenceState
from newsletter.sequences.plan.document import StepKind
from newsletter.sequences.schedule import NeverOpen, zone_of


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page showed: a mark of the choice, and how many would begin."""

    mark: str
    would: int


@dataclass(frozen=True, slots=True)
class Look:
    """Everybody who was chosen, whether they may begin or not, and what a page about them shows.

    `first_at` is when the first mail goes that a single person gets, where the sequence is live and begins with one.
    """

    people: list[int]
    shown: Seen
    first_at: datetime | None = None


class ChangedSince(Exception):
    """Whom it would begin for is not what was looked at; `changes` say what differs, one sentence each."""

    def __init__(self, look: Look, changes: list[str]) -> None:
        super().__init__(" ".join(changes))
        self.look, self.changes = look, changes


def look(sequence: Sequence, chosen: Lead | Segment, *, now: datetime) -> Look:
    """Whom it would begin for now; raises Unanswerable."""
    people = [chosen.pk] if isinstance(chosen, Lead) else triggers.who_fit(chosen, now)
    shown = Seen(_mark(sequence, chosen), len(entering.who_may(sequence, people, now=now)))
    first_at = _first_at(sequence, chosen, now) if isinstance(chosen, Lead) and shown.would else None
    return Look(people, shown, first_at)


def begin(sequence: Sequence, chosen: Lead | Segment, seen: Seen | None, *, by: User, now: datetime) -> list[int]:
    """Begin it for them if they are those who were seen: who began. Raises ChangedSince, Unanswerable, NotPublished."""
    found = look(sequence, chosen, now=now)
    changes = list(_changes(seen, found.shown))
    if changes:
        raise ChangedSince(found, changes)
    return triggers.begin_by_hand(sequence, found.people, by=by, now=now)


def _first_at(sequence: Sequence, lead: Lead, now: datetime) -> datetime | None:
    """As the engine finds it: who did not ask for it this moment gets no mail outside its hours."""
    almanac = Almanac()
    published = almanac.published(sequence.published_id or 0)
    first, zone = published.step_at(0), zone_of(lead.time_zone, almanac.zone)
    if first is None or first.kind != StepKind.EMAIL or sequence.state != SequenceState.LIVE:
        return None
    try:
        return arriving.first_due(published, now=now, zone=zone, is_asked_for=False)
    except NeverOpen:
        return None


def _changes(seen: Seen | None, found: Seen) -> Iterator[str]:
    if seen is None:
        yield _("Look first who comes in.")
    elif seen.mark != found.mark:
        yield _("Whom it begins for, or the plan, was changed after you looked.")
    elif looked.is_other_number(seen.would, found.would):
        yield ngettext(
            "It would now begin for %(now)s person; you looked at %(before)s.",
            "It would now begin for %(now)s people; you looked at %(before)s.",
            found.would,
        ) % {"now": looked.figure(found.would), "before": looked.figure(seen.would)}


def _mark(sequence: Sequence, chosen: Lead | Segment) -> str:
    who: list[object] = [chosen.pk] if isinstance(chosen, Lead) else looked.said([chosen])
    return looked.mark([sequence.published_id, type(chosen).__name__, who])
