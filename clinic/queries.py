"""What others ask of the clinic's profile."""

from zoneinfo import ZoneInfo

from clinic.models import Clinic, DayOff, WeeklyHours


def profile() -> Clinic:
    """The clinic's profile; an empty one, unsaved, before the first run's checklist."""
    return Clinic.objects.filter(id=1).first() or Clinic()


def zone() -> ZoneInfo:
    """The clinic's time zone."""
    return ZoneInfo(profile().time_zone)


def weekly_hours() -> list[WeeklyHours]:
    """Opening hours for calls, Monday first."""
    return list(WeeklyHours.objects.order_by("weekday", "opens_at"))


def days_off() -> list[DayOff]:
    """Every day off, the earliest first."""
    return list(DayOff.objects.order_by("on"))
