"""What holds a mail of a sequence back that had its time, or has it now: until when, and why. Nothing is played ahead.

Asked are the functions by which the engine sends, so that no reason is named that makes no difference.
"""

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from newsletter.deliveries import lately
from newsletter.deliveries.lately import Cap, Lately
from newsletter.models import Enrolment, Sequence, Variant
from newsletter.sequences import events
from newsletter.sequences.almanac import Almanac, PublishedStep
from newsletter.sequences.future import simulate, why
from newsletter.sequences.future.why import Why
from newsletter.sequences.models import EnrolmentState
from newsletter.sequences.plan.document import StepKind
from newsletter.sequences.schedule import NeverOpen, zone_of
from newsletter.sequences.walk import Due, Move, arrival
from studio.queries.sequences import called

FIRST = 50
"""Of so many people of a sequence, those whose turn is next, it is looked whether something holds them."""


@dataclass(frozen=True, slots=True)
class Held:
    """A way whose next mail waits longer than its plan says."""

    way: Enrolment
    until: datetime
    why: list[str]
    mail: str


Reasons = list[tuple[Why | None, datetime]]
Found = tuple[PublishedStep, Reasons]


def of_ways(ways: Many[Enrolment], now: datetime) -> dict[int, Held]:
    """Those of these ways that are held back, by id; their leads are at hand."""
    active = {way.pk: way for way in ways if way.state == EnrolmentState.ACTIVE and way.due_at is not None}
    if not active:
        return {}
    looker = _Looker(list(active.values()), now)
    found = {pk: looker.look(simulate.due(way)) for pk, way in active.items()}
    variants = {step.variant_id or 0 for step, _reasons in filter(None, found.values())}
    emails = {one.pk: called(one.email) for one in Variant.objects.filter(pk__in=variants).select_related("email")}
    return {
        pk: Held(
            active[pk],
            max(until for _why, until in reasons),
            [WORDS[kind](looker.cap, step) for kind, _until in reasons],
            emails.get(step.variant_id or 0, ""),
        )
        for pk, (step, reasons) in ((pk, one) for pk, one in found.items() if one is not None)
    }


def of_sequence(sequence: Sequence, now: datetime) -> list[Held]:
    """Who is held back of those whose turn is next, each with what the mail is called."""
    ways = sequence.enrolments.filter(state=EnrolmentState.ACTIVE, due_at__isnull=False).select_related("lead")
    found = of_ways(list(ways.order_by("due_at", "pk")[:FIRST]), now).values()
    return sorted(found, key=lambda held: held.until)


class _Looker:
    def __init__(self, ways: Many[Enrolment], now: datetime) -> None:
        self.almanac, self.cap, self.now = Almanac(), lately.cap(), now
        self.got: Mapping[int, Lately] = lately.of([way.lead_id for way in ways], self.cap, now)

    def look(self, row: Due) -> Found | None:
        """The mail before which somebody stands, and what holds it; None where nothing does."""
        step = self.almanac.published(row.version_id).step_at(row.position)
        if step is None or step.kind != StepKind.EMAIL:
            return None
        reasons = list(self._reasons(row, step))
        return (step, reasons) if reasons else None

    def _reasons(self, row: Due, step: PublishedStep) -> Iterator[tuple[Why | None, datetime]]:
        published = self.almanac.published(row.version_id)
        try:
            planned = arrival(step, published, row.since, zone_of(row.time_zone, self.almanac.zone))
        except NeverOpen:
            return
        if row.paused_until is not None and row.paused_until > max(planned, self.now):
            yield Why.PAUSED, row.paused_until
        elif max(planned, self.now) < row.due_at:
            yield from self._since_then(row, step)

    def _since_then(self, row: Due, step: PublishedStep) -> Iterator[tuple[Why | None, datetime]]:
        """The engine looked when its time came, and put it off."""
        move = Move(row, step.position, row.due_at, row.since, step=step)
        room = why.of_room(move, self.got[row.lead_id], self.cap, self.almanac, now=self.now)
        if room:
            yield from ((reason.kind, row.due_at) for reason in room)
        elif step.scarce is not None and events.is_scarce(step.scarce, self.now):
            yield Why.FEW_CALLS, row.due_at
        elif self.almanac.published(row.version_id).calendar.day_length is None:
            yield None, row.due_at


def _cap(cap: Cap, _step: PublishedStep) -> str:
    return _("they get no more than %(mails)d mails in %(days)d days") % {"mails": cap.mails, "days": cap.span.days}


def _few_calls(_cap: Cap, step: PublishedStep) -> str:
    return _("fewer than %(n)d free calls are left") % {"n": step.scarce.fewer if step.scarce else 0}


WORDS: Mapping[Why | None, Callable[[Cap, PublishedStep], str]] = {
    Why.PAUSED: lambda _cap, _step: _("they paused their mail"),
    Why.CAP: _cap,
    Why.CAMPAIGN: lambda _cap, _step: _("a campaign goes to them on the same day"),
    Why.FEW_CALLS: _few_calls,
    None: lambda _cap, _step: _("it was put off, as after a pause"),
}
