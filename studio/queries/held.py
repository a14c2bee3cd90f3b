"""What holds a mail of a sequence back that had its time, or has it now: until when, and why. Nothing is played ahead.

Asked are the functions by which the engine sends, so that no reason is named that makes no difference.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Case, DurationField, ExpressionWrapper, F, OuterRef, QuerySet, Subquery, When
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext as _

from newsletter.deliveries import lately
from newsletter.deliveries.lately import Cap, Lately
from newsletter.models import Enrolment, Sequence, Step, Variant
from newsletter.sequences import distance, events, last_mail
from newsletter.sequences.almanac import Almanac, PublishedStep, day_length
from newsletter.sequences.arriving import arrival
from newsletter.sequences.future import simulate, why
from newsletter.sequences.future.why import Why
from newsletter.sequences.models import EnrolmentState
from newsletter.sequences.plan.document import Scarce, StepKind
from newsletter.sequences.schedule import ONE_DAY, NeverOpen, zone_of
from newsletter.sequences.walk import Due, Move
from studio.queries.sequences import called

FIRST = 50
"""So many people are shown at once."""
LOOKED_AT = 20_000
"""Of so many ways of a sequence, those whose turn is next, it is asked who waits longer than their step says."""
MOST = 500
"""Of those who do, so many are asked whether something holds them: those who wait longest."""


LAST = datetime.max.replace(tzinfo=UTC)


class Last(StrEnum):
    """What the mail before this one holds it back by."""

    OPEN = "open"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Held:
    """A way whose next mail waits longer than its plan says; `until` when, where anybody knows."""

    way: Enrolment
    until: datetime | None
    why: list[str]
    mail: str


@dataclass(frozen=True, slots=True)
class Page:
    """Who is held back in a sequence, at most FIRST of `count`; not `is_all`: there may be more."""

    people: list[Held]
    count: int = 0
    is_all: bool = True
    looked_at: int = 0


Reason = tuple[Why | Last | None, datetime]
Reasons = list[Reason]
Found = tuple[PublishedStep, Reasons]


def of_ways(ways: Many[Enrolment], now: datetime) -> dict[int, Held]:
    """Those of these ways that are held back, by id; their leads are at hand."""
    active = {way.pk: way for way in ways if way.state == EnrolmentState.ACTIVE and way.due_at is not None}
    if not active:
        return {}
    return _told(_Looker(list(active.values()), now), active.values())


def of_sequence(sequence: Sequence, now: datetime) -> Page:
    """Who is held back, each with what the mail is called: whose mail goes soonest stands first."""
    open_ways = sequence.enrolments.filter(state=EnrolmentState.ACTIVE, due_at__isnull=False)
    near = open_ways.order_by("due_at", "pk").values("pk")
    ways = list(_late(near[:LOOKED_AT])[: MOST + 1])
    if not ways:
        return Page([])
    count = near[: LOOKED_AT + 1].count()
    is_all, ways = len(ways) <= MOST and count <= LOOKED_AT, ways[:MOST]
    found = sorted(_told(_Looker(ways, now), ways).values(), key=lambda held: held.until or LAST)
    return Page(found[:FIRST], len(found), is_all, min(count, LOOKED_AT))


def _late(near: QuerySet[Enrolment, Any]) -> QuerySet[Enrolment]:
    """Those who wait before a mail for longer than its days: all who are held, and who waits for hours or a weekday."""
    standing = Step.objects.filter(version=OuterRef("version"), position__gte=OuterRef("next_position"))
    days = Subquery(standing.order_by("position").values(of_mail=Case(When(kind=StepKind.EMAIL, then="wait_days")))[:1])
    waits = ExpressionWrapper(F("days") * (day_length() or ONE_DAY), output_field=DurationField())
    goes = Greatest("due_at", Coalesce("lead__paused_until", "due_at"))
    late = ExpressionWrapper(goes - Coalesce("since", "due_at") - waits, output_field=DurationField())
    asked = Enrolment.objects.filter(pk__in=near).select_related("lead").annotate(days=days, late=late)
    return asked.filter(late__gt=timedelta()).order_by("-late", "pk")


def _told(looker: "_Looker", ways: Iterable[Enrolment]) -> dict[int, Held]:
    ways = list(ways)
    rows = last_mail.with_last([simulate.due(way) for way in ways], looker.now)
    looked = ((way, looker.look(row)) for way, row in zip(ways, rows, strict=True))
    found = {way: one for way, one in looked if one is not None}
    variants = {step.variant_id or 0 for step, _reasons in found.values()}
    emails = {one.pk: called(one.email) for one in Variant.objects.filter(pk__in=variants).select_related("email")}
    return {
        way.pk: Held(
            way,
            None if Last.OPEN in dict(reasons) else max(until for _why, until in reasons),
            [WORDS[kind](looker.cap, step) for kind, _until in reasons],
            emails.get(step.variant_id or 0, ""),
        )
        for way, (step, reasons) in found.items()
    }


class _Looker:
    def __init__(self, ways: Many[Enrolment], now: datetime) -> None:
        self.almanac, self.cap, self.now = Almanac(), lately.cap(), now
        self.got: Mapping[int, Lately] = lately.of([way.lead_id for way in ways], self.cap, now)
        self._few: dict[Scarce, bool] = {}

    def look(self, row: Due) -> Found | None:
        """The mail before which somebody stands, and what holds it; None where nothing does."""
        step = self.almanac.published(row.version_id).step_at(row.position)
        if step is None or step.kind != StepKind.EMAIL:
            return None
        reasons = list(self._reasons(row, step))
        return (step, reasons) if reasons else None

    def _reasons(self, row: Due, step: PublishedStep) -> Iterator[Reason]:
        published = self.almanac.published(row.version_id)
        try:
            planned = arrival(step, published, row.since, zone_of(row.time_zone, self.almanac.zone))
        except NeverOpen:
            return
        if row.paused_until is not None and row.paused_until > max(planned, self.now):
            yield Why.PAUSED, row.paused_until
        elif max(planned, self.now) < row.due_at:
            yield from self._since_then(row, step)

    def _since_then(self, row: Due, step: PublishedStep) -> Iterator[Reason]:
        """The engine looked when its time came, and put it off."""
        if row.is_open:
            yield Last.OPEN, row.due_at
            return
        counted = self._from_the_last(row, step)
        if counted is not None:
            yield Last.LATE, counted
            return
        move = Move(row, step.position, row.due_at, row.since, step=step)
        room = why.of_room(move, self.got[row.lead_id], self.cap, self.almanac, now=self.now)
        if room:
            yield from ((reason.kind, row.due_at) for reason in room)
        elif step.scarce is not None and self._are_few(step.scarce):
            yield Why.FEW_CALLS, row.due_at
        elif self.almanac.published(row.version_id).calendar.day_length is None:
            yield None, row.due_at

    def _from_the_last(self, row: Due, step: PublishedStep) -> datetime | None:
        """When its time comes counted from the last mail, which left late; the engine will see it at its next look."""
        published = self.almanac.published(row.version_id)
        left_at = distance.left_late(row.left_at, row.since, step.wait, published.calendar)
        if left_at is None:
            return None
        zone = zone_of(row.time_zone, self.almanac.zone)
        return max(row.due_at, arrival(step, published, left_at, zone))

    def _are_few(self, scarce: Scarce) -> bool:
        if scarce not in self._few:
            self._few[scarce] = events.is_scarce(scarce, self.now)
        return self._few[scarce]


def _cap(cap: Cap, _step: PublishedStep) -> str:
    return _("they get no more than %(mails)d mails in %(days)d days") % {"mails": cap.mails, "days": cap.span.days}


def _few_calls(_cap: Cap, step: PublishedStep) -> str:
    return _("fewer than %(n)d free calls are left") % {"n": step.scarce.fewer if step.scarce else 0}


WORDS: Mapping[Why | Last | None, Callable[[Cap, PublishedStep], str]] = {
    Why.PAUSED: lambda _cap, _step: _("they paused their mail"),
    Why.CAP: _cap,
    Why.CAMPAIGN: lambda _cap, _step: _("a campaign goes to them on the same day"),
    Why.FEW_CALLS: _few_calls,
    Last.OPEN: lambda _cap, _step: _("the mail before it has not left yet, and the wait counts from then"),
    Last.LATE: lambda _cap, _step: _("the mail before it left late, and the wait counts from then"),
    None: lambda _cap, _step: _("it was put off earlier, as by an outage, a pause or a change of the plan"),
}
