"""What others ask of the diary."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from booking import availability
from booking.availability import Hours, Rules, Span
from booking.models import Appointment, AppointmentState
from clinic import queries as clinic
from leads.models import Lead
from newsletter.deliveries.models import Delivery, Kind


def rules() -> Rules:
    """What the clinic allows to be booked by visitors."""
    profile = clinic.profile()
    return Rules(
        zone=ZoneInfo(profile.time_zone),
        hours=[Hours(row.weekday, row.opens_at, row.closes_at) for row in clinic.weekly_hours()],
        days_off=frozenset(row.on for row in clinic.days_off()),
        notice=timedelta(hours=profile.call_notice_hours),
        buffer=timedelta(minutes=profile.call_buffer_minutes),
        horizon_days=profile.call_horizon_days,
    )


def open_slots(*, now: datetime) -> list[datetime]:
    """The moments at which a visitor can book a call, the earliest first."""
    return availability.open_slots(rules(), taken=taken(since=now), now=now)


def taken(*, since: datetime) -> list[Span]:
    """The spans of the diary, from this moment on, that are not free."""
    standing = Appointment.objects.exclude(state=AppointmentState.CANCELLED)
    spans = standing.filter(blocked_until__gt=since).values_list("starts_at", "blocked_until")
    return [Span(starts_at, ends_at) for starts_at, ends_at in spans]


def standing(lead: Lead, *, now: datetime) -> QuerySet[Appointment]:
    """The person's calls still to come."""
    return Appointment.objects.filter(lead=lead, state=AppointmentState.BOOKED, starts_at__gt=now)


def upcoming(*, now: datetime) -> QuerySet[Appointment]:
    """Calls still to come, the next one first."""
    booked = Appointment.objects.filter(state=AppointmentState.BOOKED, starts_at__gt=now)
    return booked.select_related("lead").order_by("starts_at")


def without_outcome(*, now: datetime) -> QuerySet[Appointment]:
    """Calls that have begun and of which nobody has said yet how they went, the oldest first."""
    booked = Appointment.objects.filter(state=AppointmentState.BOOKED, starts_at__lte=now)
    return booked.select_related("lead").order_by("starts_at")


def past(*, now: datetime) -> QuerySet[Appointment]:
    """Calls that have begun, and cancelled ones; the latest first."""
    over = Appointment.objects.exclude(state=AppointmentState.BOOKED, starts_at__gt=now)
    return over.select_related("lead").order_by("-starts_at")


def of_lead(lead: Lead) -> QuerySet[Appointment]:
    """Every call of this person, the latest first."""
    return Appointment.objects.filter(lead=lead).order_by("-starts_at")


def of_delivery(delivery_id: int) -> Appointment | None:
    """The call that this mail was about; None for a mail about anything else."""
    found = Delivery.objects.filter(pk=delivery_id, kind=Kind.APPOINTMENT).values_list("owner")
    return Appointment.objects.select_related("lead").filter(pk__in=found).first()


def to_come(uid: UUID, *, now: datetime) -> Appointment | None:
    """The call with this public name, until it is over or cancelled."""
    booked = Appointment.objects.filter(uid=uid, state=AppointmentState.BOOKED, ends_at__gt=now)
    return booked.select_related("lead").first()
