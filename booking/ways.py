"""What a call means for sequences: what it begins, ends, and is waited for; and how many calls are still free.

A call is the occasion of the ways that it begins, so that one call begins each sequence once.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from booking import queries
from booking.models import Appointment, AppointmentState
from newsletter.sequences import events, over, scanning
from newsletter.sequences import services as sequences
from newsletter.sequences.occasions import About, occasion_of
from newsletter.sequences.plan.document import Event, EventKind, Trigger, TriggerKind

BOOKED = "EXISTS (SELECT 1 FROM booking_goal g WHERE g.lead_id = {lead} AND g.at >= {since}{of})"
ATTENDED = """
    EXISTS (SELECT 1 FROM booking_appointment a
            WHERE a.lead_id = {lead} AND a.state = 'attended' AND a.changed_at >= {since})
"""
BEGINS: Mapping[str, TriggerKind] = {
    AppointmentState.BOOKED: TriggerKind.BOOKED,
    AppointmentState.CANCELLED: TriggerKind.CANCELLED,
    AppointmentState.ATTENDED: TriggerKind.ATTENDED,
    AppointmentState.MISSED: TriggerKind.MISSED,
}
VISITS = """
    SELECT lead_id, id FROM (
        SELECT DISTINCT ON (a.lead_id) a.lead_id, a.id, a.changed_at,
               greatest(a.starts_at + make_interval(months => %(months)s), a.changed_at) AS over_at
        FROM booking_appointment a WHERE a.state = 'attended' ORDER BY a.lead_id, a.starts_at DESC
    ) visits WHERE over_at > CASE WHEN over_at = changed_at THEN %(committed)s ELSE %(since)s END AND over_at <= %(now)s
"""


def register() -> None:
    """Say what only the diary can tell."""
    events.register(EventKind.BOOKED, _booked)
    events.register(EventKind.ATTENDED, lambda _value: (ATTENDED, []))
    events.register_slots(free_calls)
    scanning.register(TriggerKind.VISIT, _visits)
    over.register(TriggerKind.BOOKED, _begins)
    scanning.register_sign("booking_goal", "lead_id, at FROM booking_goal WHERE true")


def turned(call: Appointment, *, now: datetime) -> None:
    """The call was booked or cancelled, or somebody said how it went: what another state of it had begun is over.

    Reaching a goal comes first, so that it is what names the end.
    """
    if call.state == AppointmentState.ATTENDED:
        sequences.reached(call.lead, Event(EventKind.ATTENDED), now=now)
    others = [kind for state, kind in BEGINS.items() if state != call.state]
    about = occasion_of(About.CALL, call.pk)
    sequences.call_off(call.lead, begun_by=others, occasion=about, now=now)
    if call.state in BEGINS:
        sequences.happened(BEGINS[call.state], [call.lead_id], now=now, occasion=about)


def free_calls(days: int, now: datetime) -> int:
    """How many calls visitors can still book within so many days."""
    return sum(slot < now + timedelta(days=days) for slot in queries.open_slots(now=now))


def _booked(kind: str) -> tuple[str, list[Any]]:
    return (BOOKED.replace("{of}", " AND g.kind = %s"), [kind]) if kind else (BOOKED.replace("{of}", ""), [])


def _begins(occasions: Collection[int]) -> dict[int, datetime]:
    """What a booking began is over when its call begins."""
    calls = Appointment.objects.filter(pk__in=list(occasions), state=AppointmentState.BOOKED)
    return {occasion_of(About.CALL, pk): starts_at for pk, starts_at in calls.values_list("pk", "starts_at")}


def _visits(trigger: Trigger, since: datetime, now: datetime) -> list[tuple[int, int]]:
    """Whose last visit became so many months old in this time; what was written down later counts from then on.

    What was just being written down at the last look is looked for once more: one visit begins one way.
    """
    with connection.cursor() as cursor:
        committed = since - scanning.EVERY
        values: dict[str, Any] = {"months": trigger.number, "since": since, "committed": committed, "now": now}
        cursor.execute(VISITS, values)
        return [(lead, occasion_of(About.CALL, call)) for lead, call in cursor.fetchall()]
