"""What the diary adds to the studio's reports: goals by week and kind, what they are credited to, how calls went.

A goal whose call was cancelled stays reached, and is told apart: `kept` leaves it out.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncWeek

from booking.models import Appointment, AppointmentState, Goal, GoalKind

KEPT = Q(appointment=None) | ~Q(appointment__state=AppointmentState.CANCELLED)
CREDITED = Q(credited_delivery_id__isnull=False)
REACHED_COUNT = Count("pk")
KEPT_COUNT = Count("pk", filter=KEPT)
CREDITED_COUNT = Count("pk", filter=CREDITED & KEPT)
ATTENDED_COUNT = Count("pk", filter=Q(appointment__state=AppointmentState.ATTENDED))


@dataclass(frozen=True, slots=True)
class Tally:
    """Goals of one kind in one week (its Monday, in the zone asked for)."""

    week_on: date
    kind: GoalKind
    reached: int
    kept: int
    credited: int
    """Those of the kept ones that are credited to a mail."""


@dataclass(frozen=True, slots=True)
class Yield:
    """The end of the way from visit to call, of the goals reached within some time."""

    reached: int
    kept: int
    credited: int
    attended: int


def goals_by_week(since: datetime, until: datetime, *, zone: ZoneInfo) -> list[Tally]:
    """Goals by week and kind, the earliest week first; weeks and kinds without any are left out."""
    weekly = _between(since, until).annotate(week=TruncWeek("at", tzinfo=zone)).values("week", "kind")
    rows = weekly.annotate(reached=REACHED_COUNT, kept=KEPT_COUNT, credited=CREDITED_COUNT).order_by("week", "kind")
    return [
        Tally(row["week"].date(), GoalKind(row["kind"]), row["reached"], row["kept"], row["credited"]) for row in rows
    ]


def goal_yield(since: datetime, until: datetime) -> Yield:
    """What came of the goals reached from `since` up to, not including, `until`."""
    counts = _between(since, until).aggregate(
        reached=REACHED_COUNT, kept=KEPT_COUNT, credited=CREDITED_COUNT, attended=ATTENDED_COUNT
    )
    return Yield(**counts)


def credit_counts(delivery_ids: Collection[int]) -> dict[int, int]:
    """How many kept goals each of these deliveries is credited with; those with none are left out."""
    kept = Goal.objects.filter(KEPT).filter(credited_delivery_id__in=delivery_ids)
    return dict(kept.values_list("credited_delivery_id").annotate(Count("pk")))


def credited_goals(since: datetime, until: datetime) -> QuerySet[Goal]:
    """Goals that are credited to a mail, with their people and calls, the latest first."""
    found = _between(since, until).filter(CREDITED)
    return found.select_related("lead", "appointment").order_by("-at", "-pk")


def outcomes(since: datetime, until: datetime) -> dict[AppointmentState, int]:
    """How many of the calls that began within this time ended how; every state is named."""
    calls = Appointment.objects.filter(starts_at__gte=since, starts_at__lt=until)
    counted = dict(calls.values_list("state").annotate(Count("pk")))
    return {state: counted.get(state.value, 0) for state in AppointmentState}


def _between(since: datetime, until: datetime) -> QuerySet[Goal]:
    return Goal.objects.filter(at__gte=since, at__lt=until)
