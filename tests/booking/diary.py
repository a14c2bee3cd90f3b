"""A Monday morning, a visitor, and what is planned: the words that tests of the diary share."""

from datetime import UTC, datetime

from booking.models import Appointment
from booking.notices import occasion_of
from booking.services import Visitor, Wanted
from newsletter.models import Chunk, Delivery, Outcome

NOW = datetime(2026, 10, 5, 12, tzinfo=UTC)
"""Monday, 8 in the morning in Toronto."""
THURSDAY = datetime(2026, 10, 8, 13, 40, tzinfo=UTC)
"""9:40 in Toronto, on the grid."""
FRIDAY = datetime(2026, 10, 9, 14, 0, tzinfo=UTC)


def visitor(email="ana@mail.example", **fields):
    return Visitor(email=email, **{"first_name": "Ana", **fields})


def wanted(starts_at=THURSDAY, **fields):
    return Wanted(**{"starts_at": starts_at, "phone": "+14165550123", "time_zone": "America/Toronto", **fields})


def planned(call: Appointment) -> dict[str, datetime]:
    """What is still to leave about a call, and when."""
    rows = Delivery.objects.filter(owner=call.pk, kind=5)
    ended = set(Outcome.objects.values_list("delivery_id", flat=True))
    due = dict(Chunk.objects.values_list("pk", "due_at"))
    return {f"{row.item // 10} {occasion_of(row.item).name}": due[row.chunk_id] for row in rows if row.pk not in ended}
