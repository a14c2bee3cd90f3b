"""Whom to call besides those who asked: who clicked towards a booking and did not book. And what was done lately."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, Max, OuterRef, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from booking.models import Goal
from leads.intake import queries as intake
from leads.models import Lead
from newsletter.sequences import notices
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


@dataclass(frozen=True, slots=True)
class Done:
    """A line that left the call list: what is said of it, and where it is put back."""

    lead: Lead
    word: str | Promise
    tone: str
    at: datetime
    by: User | None
    put_back_url: str


def done_lately(most: int) -> list[Done]:
    """Questions and what sequences asked for, the latest first."""
    done = [
        Done(one.lead, one.get_outcome_display(), one.outcome, one.handled_at, one.handled_by, _back("call", one.pk))
        for one in intake.handled()[:most]
        if one.handled_at
    ]
    done += [
        Done(one.enrolment.lead, _("Done"), "good", one.handled_at, one.handled_by, _back("notice", one.pk))
        for one in notices.handled()[:most]
        if one.handled_at
    ]
    return sorted(done, key=lambda one: one.at, reverse=True)[:most]


def hesitant(*, now: datetime) -> list[Hesitant]:
    """Who last clicked towards a booking seven days ago or more (30 at most), did not book since, and agreed."""
    last = dict(_last_clicks(now).filter(clicked_at__lte=now - WAIT).values_list("lead_id", "clicked_at"))
    booked = Goal.objects.filter(lead=OuterRef("pk"), at__gte=now - OLDEST)
    people = with_consent(Lead.objects.filter(pk__in=last, erased_at=None), now=now)
    undecided = people.filter(~Exists(booked), consent_state="agreed", status="lead")
    return sorted((Hesitant(lead, last[lead.pk]) for lead in undecided), key=lambda one: one.clicked_at)


def _back(kind: str, pk: int) -> str:
    return reverse(f"studio:{kind}_reopen", args=[pk])


def _last_clicks(now: datetime) -> QuerySet:
    clicks = Click.objects.filter(label=ClickLabel.PERSON, goal__in=BOOKING_GOALS, at__gt=now - OLDEST)
    return clicks.values("lead_id").annotate(clicked_at=Max("at"))
