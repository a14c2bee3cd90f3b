"""Pausing a sequence, and going on: over how long what is overdue leaves, with the curve that this makes."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from newsletter.sequences import resuming, services
from newsletter.sequences.models import Sequence, SequenceState
from studio.forms.sequence_publish import USUAL_HOURS, ResumeForm
from studio.pages import show


@access.may("change_sequences")
@require_POST
def sequence_pause(request: StaffRequest, pk: int) -> HttpResponse:
    if services.pause(_sequence(pk), by=request.user, now=database_now()):
        messages.success(request, _("Paused. Everybody stays where they are."))
    return redirect("studio:sequence", pk=pk)


@access.may("change_sequences")
def sequence_resume(request: StaffRequest, pk: int) -> HttpResponse:
    """`?hours=` shows the curve of so many hours; nothing goes on before the button is pressed."""
    one, now = _sequence(pk), database_now()
    if one.state != SequenceState.PAUSED or one.published is None:
        return redirect("studio:sequence", pk=pk)
    form = ResumeForm(request.POST or (request.GET if "hours" in request.GET else {"hours": USUAL_HOURS}))
    is_valid = form.is_valid()
    hours = form.cleaned_data["hours"] if is_valid else USUAL_HOURS
    if request.method == "POST" and is_valid:
        return _resume(request, one, hours, now)
    parts = resuming.curve(one, hours, now)
    context = {
        "sequence": one,
        "form": form,
        "hours": hours,
        "parts": parts,
        "most": max((part.people for part in parts), default=0),
        "overdue": resuming.overdue(one, now),
        "planned": resuming.held(one),
    }
    return show(request, "studio/sequences/resume.html", context, now=now)


def _resume(request: StaffRequest, one: Sequence, hours: float, now: datetime) -> HttpResponse:
    overdue = services.resume(one, by=request.user, now=now, hours=hours)
    if overdue is not None:
        said = ngettext(
            "It goes on. %(n)d overdue person goes on over %(hours)g hours.",
            "It goes on. %(n)d overdue people go on over %(hours)g hours.",
            overdue,
        )
        messages.success(request, said % {"n": overdue, "hours": hours})
    return redirect("studio:sequence", pk=one.pk)


def _sequence(pk: int) -> Sequence:
    return get_object_or_404(Sequence.objects.select_related("published"), pk=pk)
