"""What the diary does when leads announce something."""

from datetime import datetime

from booking import notices
from booking.models import Appointment, AppointmentState
from leads.people.models import Lead


def forget(sender: type[Lead], *, lead: Lead, now: datetime, **_: object) -> None:
    """Give the person's calls to come back, without a word to anybody, and forget their phone numbers."""
    calls = Appointment.objects.filter(lead=lead)
    for call in calls.filter(state=AppointmentState.BOOKED, starts_at__gt=now):
        notices.withdraw(call, reason="erased", now=now)
        call.state = AppointmentState.CANCELLED
        call.changed_at = now
        call.save(update_fields=["state", "changed_at"])
    calls.update(phone="", time_zone="UTC")
