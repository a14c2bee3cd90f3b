"""Whom to call besides those who asked: people who clicked towards a booking and did not book."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, Max, OuterRef, QuerySet

from booking.models import Goal
from leads.models import Lead
from newsletter.tracking.models import Click, ClickLabel
from studio.queries.people import with_consent

BOOKING_GOALS = ("call", "direct")
WAIT = timedelta(days=7)
OLDEST = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Hesitant:
    """Somebody who clicked a booking link; `clicked_at` is the last time."""

    lead: Lead
    clicked_at: datetime


def hesitant(*, now: datetime) -> list[Hesitant]:
    """Who last clicked towards a booking seven days ago or more (30 at most), did not book since, and agreed."""
    last = dict(_last_clicks(now).filter(clicked_at__lte=now - WAIT).values_list("lead_id", "clicked_at"))
    booked = Goal.objects.filter(lead=OuterRef("pk"), at__gte=now - OLDEST)
    people = with_consent(Lead.objects.filter(pk__in=last, erased_at=None), now=now)
    undecided = people.filter(~Exists(booked), consent_state="agreed", status="lead")
    return sorted((Hesitant(lead, last[lead.pk]) for lead in undecided), key=lambda one: one.clicked_at)


def _last_clicks(now: datetime) -> QuerySet:
    clicks = Click.objects.filter(label=ClickLabel.PERSON, goal__in=BOOKING_GOALS, at__gt=now - OLDEST)
    return clicks.values("lead_id").annotate(clicked_at=Max("at"))
