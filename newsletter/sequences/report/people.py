"""Who is behind a figure: the ways of a sequence at one point of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, TextChoices
from django.utils.translation import gettext_lazy as _

from leads.people import queries as people
from newsletter.deliveries.models import Delivery, Kind, Outcome, State
from newsletter.sequences.models import Enrolment, EnrolmentState, Sequence, SequenceVersion, Step
from newsletter.sequences.report.statements import MAILED
from newsletter.tracking.models import Click, ClickLabel, Fact, FactKind

BEFORE_ANY = 0
"""In place of a step's key: before any mail."""


class Point(TextChoices):
    """What a list is narrowed to; of one step, where one is named."""

    ENTERED = "entered", _("Entered")
    UNDER_WAY = "under_way", _("Under way")
    PAUSED = "paused", _("Paused")
    FINISHED = "finished", _("Finished")
    LEFT = "left", _("Left")
    HELD_OUT = "held_out", _("Held out")
    MOVED = "moved", _("Began in an earlier version")
    MAILED = "mailed", _("Mailed")
    NOT_MAILED = "not_mailed", _("Planned and not mailed")
    TOO_LATE = "too_late", _("Passed without the mail: it did not leave in time")
    CLICKED = "clicked", _("Clicked")
    BOOKED = "booked", _("Booked")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Ways at this point; with a step those before it, with its mail or, of who left, with it planned last."""

    point: Point
    step: int | None = None
    reason: str = ""


def ways(sequence: Sequence, version: SequenceVersion | None = None, *, text: str = "") -> QuerySet[Enrolment]:
    """The ways of this sequence, or of one version, the latest first; of people in whose name every word occurs."""
    found = Enrolment.objects.filter(sequence=sequence)
    if version is not None:
        found = found.filter(version=version)
    if text.strip():
        found = found.filter(lead__in=people.search(text).order_by().values("pk"))
    return found.order_by("-enrolled_at", "-pk")


def at(found: QuerySet[Enrolment], wanted: Wanted) -> QuerySet[Enrolment]:
    """Those of these ways that are, or came, there."""
    return found.filter(WHERE[wanted.point](wanted))


def described(found: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
    """The same with people and versions, and `key`: the step before which they stand."""
    place = Step.objects.filter(version=OuterRef("version"), position=OuterRef("next_position"))
    return found.select_related("lead__merged_into", "version").annotate(key=Subquery(place.values("key")))


def _standing(state: EnrolmentState) -> Callable[[Wanted], Q]:
    def where(wanted: Wanted) -> Q:
        if wanted.step is None:
            return Q(state=state)
        places = Step.objects.filter(version=OuterRef("version"), position=OuterRef("next_position"), key=wanted.step)
        return Q(Exists(places), state=state)

    return where


def _left(wanted: Wanted) -> Q:
    found = Q(state=EnrolmentState.EXITED)
    if wanted.reason:
        found &= Q(exit_reason=wanted.reason)
    if wanted.step is None:
        return found
    return found & (Q(last_key=None) if wanted.step == BEFORE_ANY else Q(last_key=wanted.step))


def _with_mail(*is_so: Q) -> Callable[[Wanted], Q]:
    """Of those who entered: mails that count as theirs since two became one led who is held out nowhere."""

    def where(wanted: Wanted) -> Q:
        mails = Delivery.objects.filter(*is_so, kind=Kind.STEP, owner=OuterRef("pk"))
        return ENTERED & Q(Exists(mails if wanted.step is None else mails.filter(item=wanted.step)))

    return where


ENTERED = ~Q(state=EnrolmentState.HELD_OUT)
GONE = Q(Exists(Outcome.objects.filter(delivery_id=OuterRef("pk"), state__in=MAILED)))
TOO_LATE = Q(Exists(Outcome.objects.filter(delivery_id=OuterRef("pk"), state=State.EXPIRED)))
CLICKED = Q(Exists(Click.objects.filter(delivery_id=OuterRef("pk"), label=ClickLabel.PERSON)))
BOOKED = Q(Exists(Fact.objects.filter(delivery_id=OuterRef("pk"), kind=FactKind.BOOKED)))

WHERE: Mapping[Point, Callable[[Wanted], Q]] = {
    Point.ENTERED: lambda _wanted: ENTERED,
    Point.UNDER_WAY: _standing(EnrolmentState.ACTIVE),
    Point.PAUSED: _standing(EnrolmentState.PAUSED),
    Point.FINISHED: lambda _wanted: Q(state=EnrolmentState.FINISHED),
    Point.LEFT: _left,
    Point.HELD_OUT: lambda _wanted: Q(state=EnrolmentState.HELD_OUT),
    Point.MOVED: lambda _wanted: ENTERED & Q(enrolled_at__lt=F("version__published_at")),
    Point.MAILED: _with_mail(GONE),
    Point.NOT_MAILED: _with_mail(~GONE),
    Point.TOO_LATE: _with_mail(TOO_LATE),
    Point.CLICKED: _with_mail(CLICKED),
    Point.BOOKED: _with_mail(BOOKED),
}
