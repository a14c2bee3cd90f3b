"""What the diary does when leads announce something."""

from datetime import datetime

from booking import goals, notices
from booking.models import Appointment, AppointmentState, Goal
from booking.report import KEPT
from leads.models import Consent
from leads.people.models import Lead
from newsletter.sequences import merging
from newsletter.sequences import services as sequences
from newsletter.sequences.plan.document import Event, EventKind


def stay_out(sender: type[Consent], *, consent: Consent, now: datetime, **_: object) -> None:
    """Who has booked lately and then agrees to the emails gets the news, but no invitation to what they have."""
    booked = Goal.objects.filter(lead=consent.lead, at__gt=now - goals.REPEAT).filter(KEPT)
    for kind in sorted(set(booked.values_list("kind", flat=True))):
        sequences.reached(consent.lead, Event(EventKind.BOOKED, kind), now=now)


def merge(sender: type[Lead], *, kept: Lead, gone: Lead, now: datetime, **_: object) -> None:
    """Calls and bookings of two who are one are the kept one's; what is yet to be told about a call goes to them."""
    calls = list(Appointment.objects.filter(lead=gone).order_by("pk"))
    for call in calls:
        notices.withdraw(call, reason=merging.MERGED, now=now)
        call.lead = kept
        call.save(update_fields=["lead"])
        notices.tell_again(call, reason=merging.MERGED, now=now)
    Goal.objects.filter(lead=gone).update(lead=kept)
    sequences.end_reached(kept, now=now)


def tell_again(call_id: int, now: datetime) -> None:
    """Plan the notice once more that was in a sender's hands when its reader was merged, and came back."""
    notices.tell_again(Appointment.objects.get(pk=call_id), reason=merging.MERGED, now=now)


def forget(sender: type[Lead], *, lead: Lead, now: datetime, **_: object) -> None:
    """Give the person's calls to come back, without a word to anybody, and forget their phone numbers."""
    calls = Appointment.objects.filter(lead=lead)
    for call in calls.filter(state=AppointmentState.BOOKED, starts_at__gt=now):
        notices.withdraw(call, reason="erased", now=now)
        call.state = AppointmentState.CANCELLED
        call.changed_at = now
        call.save(update_fields=["state", "changed_at"])
    calls.update(phone="", time_zone="UTC")
