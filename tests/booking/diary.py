"""A Monday morning, a visitor, and what is planned: the words that tests of the diary share."""

from datetime import UTC, datetime, time, timedelta

from booking import queries
from booking.models import Appointment
from booking.notices import TEMPLATES, occasion_of
from booking.services import Visitor, Wanted
from newsletter.models import Chunk, Delivery, Outcome
from tests.factories import clinics, mail

NOW = datetime(2026, 10, 5, 12, tzinfo=UTC)
"""Monday, 8 in the morning in Toronto."""
THURSDAY = datetime(2026, 10, 8, 13, 40, tzinfo=UTC)
"""9:40 in Toronto, on the grid."""
FRIDAY = datetime(2026, 10, 9, 14, 0, tzinfo=UTC)


def clinic_with_calls():
    """Calls Monday to Friday, 9 to 17 Toronto time, every 20 minutes, 4 hours ahead, for three weeks."""
    profile = clinics.clinic(call_buffer_minutes=5, call_notice_hours=4, call_horizon_days=21)
    for weekday in range(5):
        clinics.hours(weekday, time(9), time(17))
    return profile


def thin_mails():
    for key in TEMPLATES.values():
        mail.variant(mail.email(kind="transactional", key=key, name=key, subject="Your call"))


def free(now: datetime) -> list[datetime]:
    """Times that are free now and still will be in an hour; an hour before midnight tomorrow brings more."""
    already = set(queries.open_slots(now=now))
    return [slot for slot in queries.open_slots(now=now + timedelta(hours=1)) if slot in already]


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
