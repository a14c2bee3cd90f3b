"""The week's hours as a form shows them, and what stands in the diary on some days."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from booking.models import Appointment, AppointmentState
from clinic import queries as clinic


def hours_by_day() -> dict[str, time]:
    """The hours for calls by the name of the form's field: d0_0_from is Monday's first beginning."""
    found: dict[str, time] = {}
    seen: Counter[int] = Counter()
    for row in clinic.weekly_hours():
        span = seen[row.weekday]
        seen[row.weekday] += 1
        found[f"d{row.weekday}_{span}_from"], found[f"d{row.weekday}_{span}_to"] = row.opens_at, row.closes_at
    return found


def calls_by_day(days: Sequence[date], *, zone: ZoneInfo) -> dict[date, int]:
    """How many booked calls stand on each of these local days; days without any are left out."""
    if not days:
        return {}
    first, last = _start_of(min(days), zone), _start_of(max(days) + timedelta(days=1), zone)
    booked = Appointment.objects.filter(state=AppointmentState.BOOKED, starts_at__gte=first, starts_at__lt=last)
    counted = Counter(at.astimezone(zone).date() for at in booked.values_list("starts_at", flat=True))
    return {day: counted[day] for day in days if counted[day]}


def today(now: datetime) -> tuple[datetime, datetime]:
    """When the clinic's day began, and when the next one begins."""
    zone = clinic.zone()
    day = now.astimezone(zone).date()
    return _start_of(day, zone), _start_of(day + timedelta(days=1), zone)


def calls_between(start: datetime, end: datetime) -> list[Appointment]:
    """Calls of this time that were not cancelled, the earliest first."""
    calls = Appointment.objects.filter(starts_at__gte=start, starts_at__lt=end)
    return list(calls.exclude(state=AppointmentState.CANCELLED).select_related("lead").order_by("starts_at"))


def _start_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)
