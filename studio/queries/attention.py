"""What needs a person: the counts beside the rooms, and the reasons why no mail leaves."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.models import Appointment, AppointmentState
from leads.models import Inquiry
from newsletter.models import Heartbeat, Uncertain

SILENT_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Counts:
    open_inquiries: int
    without_outcome: int
    uncertain: int
    setup_open: int

    @property
    def waiting(self) -> int:
        """How much there is that only a person can settle, the checklist aside."""
        return self.open_inquiries + self.without_outcome + self.uncertain


def counts(now: datetime, *, setup_open: int) -> Counts:
    """How many things wait for a person in each room."""
    return Counts(
        open_inquiries=Inquiry.objects.filter(handled_at__isnull=True).count(),
        without_outcome=appointments_without_outcome(now),
        uncertain=Uncertain.objects.count(),
        setup_open=setup_open,
    )


def appointments_without_outcome(now: datetime) -> int:
    """Calls that are over and of which nobody said how they went."""
    return Appointment.objects.filter(state=AppointmentState.BOOKED, ends_at__lte=now).count()


def silent_parts(now: datetime) -> list[Heartbeat]:
    """Parts of the machinery that have not been seen working for two minutes."""
    return list(Heartbeat.objects.filter(at__lt=now - SILENT_AFTER).order_by("at"))
