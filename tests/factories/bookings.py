"""Calls and goals."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from booking.models import Appointment, Goal
from leads.models import Lead
from tests.factories import people

_numbers = count(1)


def appointment(of: Lead | None = None, *, starts_at: datetime | None = None, **fields: Any) -> Appointment:
    """A free call of 15 minutes; each one a day later than the one before, the first tomorrow."""
    starts_at = starts_at or timezone.now() + timedelta(days=next(_numbers))
    defaults = {
        "lead": of or people.lead(source="booking"),
        "ends_at": starts_at + timedelta(minutes=15),
        "blocked_until": starts_at + timedelta(minutes=20),
        "phone": "+14165550123",
        "time_zone": "America/Toronto",
        "booked_at": timezone.now(),
    }
    return Appointment.objects.create(starts_at=starts_at, **{**defaults, **fields})


def goal(of: Lead, kind: str = "free_call", **fields: Any) -> Goal:
    return Goal.objects.create(lead=of, kind=kind, **{"at": timezone.now(), **fields})
