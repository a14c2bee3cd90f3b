"""Segments: people who have something in common, to be written to or left out."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from leads.segments import services, uses
from leads.segments.models import Match, Segment
from leads.segments.queries import Only
from studio.forms.segments import Choosing, SegmentForm
from studio.pages import show
from studio.queries.segments import listed, outlook, scheduled_with


@access.may("send_campaigns")
@require_GET
def segments(request: StaffRequest) -> HttpResponse:
    now = database_now()
    return show(request, "studio/segments/segments.html", {"segments": listed(now)}, now=now)


@access.may("send_campaigns")
def segment_new(request: StaffRequest) -> HttpResponse:
    return _write(request, None)


@access.may("send_campaigns")
def segment(request: StaffRequest, pk: int) -> HttpResponse:
    return _write(request, get_object_or_404(Segment, pk=pk))


@access.may("send_campaigns")
@require_POST
def segment_look(request: StaffRequest) -> HttpResponse:
    """The conditions as they stand in the form, and whom they fit; nothing is saved."""
    context = _choosing(Choosing(), request, None)
    return show(request, "studio/segments/segment.html#conditions", context, now=database_now())


@access.may("send_campaigns")
def segment_delete(request: StaffRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Segment, pk=pk)
    if request.method == "POST":
        try:
            services.delete(found, by=request.user)
        except services.InUse as error:
            used = ", ".join(f"“{name}”" for name in error.names[:3])
            messages.error(request, _("It stays: it is used by %(names)s.") % {"names": used})
            return redirect("studio:segment", pk=pk)
        messages.success(request, _("“%(name)s” is deleted. Nobody in it was.") % {"name": found.name})
        return redirect("studio:segments")
    context = {
        "title": _("Delete the segment “%(name)s”?") % {"name": found.name},
        "sentence": _("The people in it stay; only the description of who they are goes."),
        "button": _("Delete the segment"),
        "is_danger": True,
        "back_url": reverse("studio:segment", args=[pk]),
    }
    return show(request, "studio/confirm.html", context, now=database_now())


def _write(request: StaffRequest, found: Segment | None) -> HttpResponse:
    """The form of a new segment, or of one that is there; a row more or less saves nothing."""
    now = database_now()
    choosing = Choosing()
    form = SegmentForm(request.POST or None, segment=found)
    is_saving = request.method == "POST" and "add" not in request.POST and "remove" not in request.POST
    problems = services.problems(choosing.posted(request.POST)) if is_saving else {}
    if is_saving and form.is_valid() and not problems and _save(request, form, choosing.posted(request.POST), now):
        return redirect("studio:segments")
    context = {
        "form": form,
        "segment": found,
        "used_by": uses.of(found.pk) if found else [],
        "scheduled": scheduled_with(found) if found else [],
        "has_problems": bool(problems),
        **_choosing(choosing, request, found, problems),
    }
    return show(request, "studio/segments/segment.html", context, now=now)


def _save(request: StaffRequest, form: SegmentForm, onlys: list[Only], now: datetime) -> bool:
    """Whether it is saved; what keeps it stands in the form."""
    draft = form.draft(onlys)
    try:
        if form.segment is None:
            services.create(draft, by=request.user, now=now)
        else:
            services.change(form.segment, draft, by=request.user, now=now, seen=form.cleaned_data["seen"])
    except services.NameTaken:
        form.add_error("name", form.taken)
        return False
    except services.ChangedMeanwhile as error:
        form.look_again(str(error))
        return False
    messages.success(request, _("“%(name)s” is saved.") % {"name": draft.name})
    return True


def _choosing(
    choosing: Choosing,
    request: StaffRequest,
    found: Segment | None,
    problems: Mapping[int, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """The rows as they were posted, else as they are saved, else one to begin with; and whom they fit."""
    if request.method == "POST":
        onlys, match = choosing.posted(request.POST), request.POST.get("match", Match.ALL)
    elif found is not None:
        onlys, match = list(found.conditions), found.match
    else:
        onlys, match = [choosing.first], Match.ALL
    return {
        "rows": choosing.rows(onlys, problems),
        "menu": choosing.menu,
        "match": match,
        "can_add": len(onlys) < services.MOST_CONDITIONS,
        "outlook": outlook(onlys, match, database_now()),
    }
