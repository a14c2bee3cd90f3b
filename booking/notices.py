"""The mails about a call: confirmed, moved, cancelled, and the reminders a day and an hour before.

They are planned when the call is booked and withdrawn when it moves or is cancelled. The delivery's item is
`revision * 10 + occasion`: each change of a call may be told once, and reminders of an earlier time never
stand in the way of those of the new one.
"""

from datetime import datetime, timedelta
from enum import IntEnum

from booking.models import Appointment
from newsletter.content import queries as content
from newsletter.deliveries import anew
from newsletter.deliveries import services as deliveries
from newsletter.deliveries.models import Kind, Lane
from newsletter.deliveries.services import Planned, Row


class Occasion(IntEnum):
    """What a notice is about; never renumbered, for it is part of a delivery's name."""

    BOOKED = 1
    MOVED = 2
    CANCELLED = 3
    REMINDER_DAY = 4
    REMINDER_HOUR = 5


TEMPLATES = {
    Occasion.BOOKED: "appointment-booked",
    Occasion.MOVED: "appointment-moved",
    Occasion.CANCELLED: "appointment-cancelled",
    Occasion.REMINDER_DAY: "appointment-reminder-day",
    Occasion.REMINDER_HOUR: "appointment-reminder-hour",
}
BEFORE = {
    Occasion.REMINDER_DAY: timedelta(days=1),
    Occasion.REMINDER_HOUR: timedelta(hours=1),
}
USEFUL = {
    Occasion.REMINDER_DAY: timedelta(hours=8),
    Occasion.REMINDER_HOUR: timedelta(hours=1),
}
"""How long after its due time a reminder may still leave."""


def confirm(appointment: Appointment, *, now: datetime) -> None:
    """Plan the confirmation and the reminders."""
    _plan(appointment, Occasion.BOOKED, now)
    _plan_reminders(appointment, now)


def tell_moved(appointment: Appointment, *, now: datetime) -> None:
    """Withdraw what was planned for the earlier time, and plan the notice and reminders of the new one."""
    withdraw(appointment, reason="the call was moved", now=now)
    _plan(appointment, Occasion.MOVED, now)
    _plan_reminders(appointment, now)


def tell_cancelled(appointment: Appointment, *, now: datetime) -> None:
    """Withdraw what was planned, and plan the notice with the calendar's cancellation."""
    withdraw(appointment, reason="the call was cancelled", now=now)
    _plan(appointment, Occasion.CANCELLED, now)


def tell_again(appointment: Appointment, *, reason: str, now: datetime) -> None:
    """Plan what was withdrawn for this reason once more, for whoever has the call now; the caller holds the address."""
    for freed in anew.cancelled(Kind.APPOINTMENT, [appointment.pk], reasons=[reason]):
        occasion = occasion_of(freed.item)
        if freed.item == item(appointment, occasion):
            _plan_in_time(appointment, occasion, now)


def withdraw(appointment: Appointment, *, reason: str, now: datetime) -> None:
    """End every notice that has not left; the caller holds the address lock."""
    deliveries.cancel(kind=Kind.APPOINTMENT, owner=appointment.pk, reason=reason, now=now)


def item(appointment: Appointment, occasion: Occasion) -> int:
    """The delivery's name among those of this call."""
    return appointment.revision * 10 + occasion


def occasion_of(item: int) -> Occasion:
    """What a delivery with this item is about."""
    return Occasion(item % 10)


def _plan_reminders(appointment: Appointment, now: datetime) -> None:
    for occasion, before in BEFORE.items():
        if appointment.starts_at - before > now:
            _plan_in_time(appointment, occasion, now)


def _plan_in_time(appointment: Appointment, occasion: Occasion, now: datetime) -> None:
    """A reminder so long before the call, anything else now."""
    if occasion not in BEFORE:
        _plan(appointment, occasion, now)
        return
    due_at = appointment.starts_at - BEFORE[occasion]
    _plan(appointment, occasion, now, due_at=due_at, expires_at=due_at + USEFUL[occasion])


def _plan(
    appointment: Appointment,
    occasion: Occasion,
    now: datetime,
    *,
    due_at: datetime | None = None,
    expires_at: datetime | None = None,
) -> None:
    """By default it goes now, and not any more once the call has begun."""
    row = Row(
        owner=appointment.pk,
        item=item(appointment, occasion),
        variant_id=content.transactional(TEMPLATES[occasion]).pk,
        lead_id=appointment.lead_id,
    )
    expires_at = expires_at or appointment.starts_at
    planned = Planned(Kind.APPOINTMENT, appointment.pk, Lane.TRANSACTIONAL, expires_at=expires_at)
    deliveries.plan(planned, [row], due_at=due_at or now, now=now)
