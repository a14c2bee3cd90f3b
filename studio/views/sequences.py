"""The course: its steps, where people are, what each mail brought; and holding it."""

from django.conf import settings
from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from newsletter.deliveries import guard
from newsletter.deliveries.models import Kind
from newsletter.models import CompiledEmail
from newsletter.rendering import preview
from newsletter.sequences import queries, services
from newsletter.sequences.models import ExitReason, SequenceState
from studio import previews
from studio.pages import show


@access.may("change_sequences")
@require_GET
def sequence(request: StaffRequest) -> HttpResponse:
    now = database_now()
    course = queries.course()
    if course is None:
        return show(request, "studio/sequences/sequence.html", {"sequence": None}, now=now)
    exits = queries.exits(course)
    context = {
        "sequence": course,
        "version": course.published,
        "figures": queries.step_figures(course),
        "states": queries.states(course),
        "booked": exits.get(ExitReason.BOOKED, 0),
        "others": sum(exits.values()) - exits.get(ExitReason.BOOKED, 0),
        "exits": [(ExitReason(reason).label, count) for reason, count in sorted(exits.items())],
        "overdue": queries.overdue(course, now),
        "stopped": guard.stopped(Kind.STEP, course.pk) if course.state == SequenceState.PAUSED else None,
    }
    return show(request, "studio/sequences/sequence.html", context, now=now)


@access.may("change_sequences")
@require_GET
@previews.framed
def step_letter(request: StaffRequest, pk: int) -> HttpResponse:
    """One mail of the course as a reader gets it, for a frame."""
    revision = get_object_or_404(CompiledEmail, variant__steps=pk, pk=F("variant__current"))
    reader = preview.sample(settings.PUBLIC_URL, sent_at=database_now())
    return previews.frame(preview.preview(revision, reader).html)


@access.may("change_sequences")
@require_POST
def sequence_pause(request: StaffRequest) -> HttpResponse:
    course = queries.course()
    if course and services.pause(course, by=request.user, now=database_now()):
        messages.success(request, _("Paused. Everybody stays where they are."))
    return redirect("studio:sequence")


@access.may("change_sequences")
@require_POST
def sequence_resume(request: StaffRequest) -> HttpResponse:
    course = queries.course()
    if course and services.resume(course, by=request.user, now=database_now()) is not None:
        messages.success(request, _("It goes on. What is overdue is spread over the next hour."))
    return redirect("studio:sequence")
