"""Goals: the bookings that everything is for. One ends the ways whose goal it is, and credits the mail behind it."""

from datetime import datetime, timedelta

from django.db import transaction

from accounts import audit
from accounts.models import User
from booking.models import Appointment, Goal, GoalKind
from leads.people import holding
from leads.people import services as people
from leads.people.models import Lead, LeadStatus
from newsletter.sequences import services as sequences
from newsletter.sequences.plan.document import Event, EventKind
from newsletter.tracking import attribution
from newsletter.tracking import services as tracking
from newsletter.tracking.models import FactKind

REPEAT = timedelta(days=90)
"""Who says the same thing again within this time has not booked twice."""


@transaction.atomic
def reach(
    lead: Lead,
    *,
    kind: GoalKind,
    now: datetime,
    by: User | None = None,
    appointment: Appointment | None = None,
) -> Goal:
    """Record that this person booked, end what has that as its goal, and credit the last mail they clicked in.

    Said again without an appointment, it is the goal that is known already; what it ends ends all the same.
    """
    lead = holding.hold(lead)
    sequences.reached(lead, Event(EventKind.BOOKED, kind), now=now)
    if kind == GoalKind.PATIENT and lead.status != LeadStatus.PATIENT:
        people.set_status(lead, status=LeadStatus.PATIENT, by=by, now=now)
    known = None if appointment else _known(lead, kind, now)
    return known or _record(lead, kind, now, by, appointment)


def _known(lead: Lead, kind: GoalKind, now: datetime) -> Goal | None:
    same = Goal.objects.filter(lead=lead, kind=kind, appointment=None, at__gt=now - REPEAT)
    return same.order_by("at").last()


def _record(lead: Lead, kind: GoalKind, now: datetime, by: User | None, appointment: Appointment | None) -> Goal:
    delivery_id = attribution.credit(lead.pk, at=now)
    goal = Goal.objects.create(
        lead=lead,
        kind=kind,
        at=now,
        appointment=appointment,
        credited_delivery_id=delivery_id,
        by=by,
    )
    if delivery_id is not None:
        tracking.fact(delivery_id, FactKind.BOOKED, at=now, label=kind)
    if by is not None:
        audit.record("goal.reached", subject=f"lead:{lead.pk}", by=by, kind=kind)
    return goal
