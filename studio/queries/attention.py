"""What needs a person: the counts beside the rooms, and the reasons why no mail leaves."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, Value

from booking.models import Appointment, AppointmentState
from leads.models import Inquiry
from newsletter.models import Heartbeat, Notice, Uncertain

SILENT_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Counts:
    open_inquiries: int
    open_notices: int
    without_outcome: int
    uncertain: int
    setup_open: int

    @property
    def waiting(self) -> int:
        """How much there is that only a person can settle, the checklist aside."""
        return self.calls + self.without_outcome + self.uncertain

    @property
    def calls(self) -> int:
        """How many lines stand on the call list: questions, and what sequences ask for."""
        return self.open_inquiries + self.open_notices


def counts(now: datetime, *, setup_open: int) -> Counts:
    """How many things wait for a person in each room."""
    return Counts(
        **_on_the_call_list(),
        without_outcome=appointments_without_outcome(now),
        uncertain=Uncertain.objects.count(),
        setup_open=setup_open,
    )


def _on_the_call_list() -> dict[str, int]:
    """Both in one statement: every page of the studio asks."""
    rooms = {"open_inquiries": Inquiry.objects, "open_notices": Notice.objects}
    inquiries, asked = (
        rows.filter(handled_at__isnull=True).values_list(Value(name)).annotate(Count("pk"))
        for name, rows in rooms.items()
    )
    return dict.fromkeys(rooms, 0) | dict(inquiries.union(asked, all=True))


def appointments_without_outcome(now: datetime) -> int:
    """Calls that are over and of which nobody said how they went."""
    return Appointment.objects.filter(state=AppointmentState.BOOKED, ends_at__lte=now).count()


def silent_parts(now: datetime) -> list[Heartbeat]:
    """Parts of the machinery that were not seen, or failed, for two minutes."""
    since = now - SILENT_AFTER
    return list(Heartbeat.objects.filter(Q(at__lt=since) | Q(failing_since__lt=since)).order_by("at"))
