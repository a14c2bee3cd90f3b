"""The way from visit to attended call in the last seven days, beside the seven days before."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from booking.models import Appointment, AppointmentState, Goal
from booking.report import KEPT
from leads.consent.models import ConsentRequest
from newsletter.deliveries.models import CHUNK_SIZE, Lane, Outcome, State
from newsletter.models import Chunk, Click, Visit
from newsletter.tracking.models import ClickLabel

SPAN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage with its figures; `share` and `share_before` are bar lengths in percent of the longest."""

    label: Promise
    now: int
    before: int
    share: int
    share_before: int

    @property
    def change(self) -> int:
        return self.now - self.before


def stages(now: datetime) -> list[Stage]:
    """From visit to attended, in the order in which it happens."""
    counted = [(label, *_two_spans(rows(), moment, now)) for label, rows, moment in STAGES]
    most = max(max(this, last) for _, this, last in counted) or 1
    return [Stage(label, this, last, _share(this, most), _share(last, most)) for label, this, last in counted]


def _two_spans(rows: QuerySet, moment: str, now: datetime) -> tuple[int, int]:
    """How many of these rows fall into the last span, and into the one before."""
    this = Q(**{f"{moment}__gt": now - SPAN, f"{moment}__lte": now})
    last = Q(**{f"{moment}__gt": now - 2 * SPAN, f"{moment}__lte": now - SPAN})
    found = rows.filter(this | last).aggregate(this=Count("pk", filter=this), last=Count("pk", filter=last))
    return found["this"], found["last"]


def _share(count: int, most: int) -> int:
    """What there is at all is seen: never shorter than two percent."""
    return max(2, round(100 * count / most)) if count else 0


def _submitted() -> QuerySet:
    """Marketing mails that the provider took."""
    marketing = Chunk.objects.filter(pk=OuterRef("delivery_id") / CHUNK_SIZE, lane=Lane.MARKETING)
    return Outcome.objects.filter(Exists(marketing), state=State.SUBMITTED)


STAGES: tuple[tuple[Promise, Callable[[], QuerySet], str], ...] = (
    (_("Visits"), Visit.objects.all, "at"),
    (_("Signed up"), ConsentRequest.objects.all, "requested_at"),
    (_("Confirmed"), ConsentRequest.objects.all, "confirmed_at"),
    (_("Mails submitted"), _submitted, "at"),
    (_("Clicked by a person"), lambda: Click.objects.filter(label=ClickLabel.PERSON), "at"),
    (_("Booked"), lambda: Goal.objects.filter(KEPT), "at"),
    (_("Attended"), lambda: Appointment.objects.filter(state=AppointmentState.ATTENDED), "starts_at"),
)
