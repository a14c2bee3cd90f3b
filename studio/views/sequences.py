"""Sequences: the list, a new one, the page of one with who stands where."""

from datetime import datetime
from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from newsletter.deliveries import guard
from newsletter.deliveries.models import Kind
from newsletter.models import CompiledEmail
from newsletter.rendering import preview
from newsletter.sequences import presets, publishing, queries, writing
from newsletter.sequences.models import ExitReason, Sequence, SequenceState
from studio import previews
from studio.forms.sequences import AboutForm, NewForm, PresetForm
from studio.pages import show
from studio.queries import held, sequence_page
from studio.queries import sequences as listing


@access.may("change_sequences")
@require_GET
def sequences(request: StaffRequest) -> HttpResponse:
    return show(request, "studio/sequences/sequences.html", {"lines": listing.listed()}, now=database_now())


@access.may("change_sequences")
def sequence_new(request: StaffRequest) -> HttpResponse:
    """Every preset is a button; so is an empty plan."""
    now, offers = database_now(), presets.offered()
    form = NewForm(request.POST or None)
    chosen = PresetForm(request.POST or None, offered=offers)
    if request.method == "POST" and form.is_valid() and chosen.is_valid():
        made = _begin(request, form, chosen.cleaned_data["preset"], now)
        if made is not None:
            return redirect("studio:sequence_edit", pk=made.pk)
        form.add_error(None, _("The mails of this preset are not installed: whoever runs the server does that."))
    return show(request, "studio/sequences/new.html", {"form": form, "offers": offers}, now=now)


def _begin(request: StaffRequest, form: NewForm, preset: str, now: datetime) -> Sequence | None:
    """None where the preset's mails are missing."""
    name = form.cleaned_data["name"]
    if not preset:
        return writing.begin(name, topic=form.topic_said, by=request.user, now=now)
    try:
        return presets.begin(preset, name=name, by=request.user, now=now)
    except presets.NoSuchPreset:
        return None


@access.may("change_sequences")
@require_GET
def sequence(request: StaffRequest, pk: int) -> HttpResponse:
    """The plan as people go through it, and who stands where."""
    one, now = _sequence(pk), database_now()
    exits = queries.exits(one)
    booked = exits.get(ExitReason.BOOKED, 0)
    context = {
        **sequence_page.reading(one),
        "sequence": one,
        "version": one.published,
        "states": queries.states(one),
        "booked": booked,
        "others": sum(exits.values()) - booked,
        "exits": [(ExitReason(reason).label, count) for reason, count in sorted(exits.items())],
        "overdue": queries.overdue(one, now),
        "held": held.of_sequence(one, now),
        "moving": publishing.progress(one.pk, now),
        "stopped": guard.stopped(Kind.STEP, one.pk) if one.state == SequenceState.PAUSED else None,
    }
    return show(request, "studio/sequences/sequence.html", context, now=now)


@access.may("change_sequences")
def sequence_about(request: StaffRequest, pk: int) -> HttpResponse:
    """Its name, what it is about, how important it is: no part of the plan, and from now on."""
    one = _sequence(pk)
    form, status = AboutForm(request.POST or None, sequence=one), HTTPStatus.OK
    if request.method == "POST" and form.is_valid():
        try:
            writing.change(one, seen=form.cleaned_data["seen"], by=request.user, **form.values)
        except publishing.Overtaken:
            form.look_again(_sequence(pk))
            status = HTTPStatus.CONFLICT
        else:
            messages.success(request, _("Saved."))
            return redirect("studio:sequence", pk=pk)
    context = {"sequence": one, "form": form, "shut_out": listing.shut_out(one)}
    return show(request, "studio/sequences/about.html", context, now=database_now(), status=status)


@access.may("change_sequences")
def sequence_delete(request: StaffRequest, pk: int) -> HttpResponse:
    """Delete a draft that was never published, once somebody has said so twice."""
    one = _sequence(pk)
    if one.published is not None:
        messages.error(request, _("It was published: it can be paused, not deleted."))
        return redirect("studio:sequence", pk=pk)
    if request.method == "POST":
        return _delete(request, one)
    context = {
        "title": _("Delete the draft “%(name)s”?") % {"name": one.name},
        "sentence": _("Its plan is gone for good; the mails that were written for it stay among the mails."),
        "button": _("Delete it"),
        "is_danger": True,
        "back_url": reverse("studio:sequence", args=[pk]),
    }
    return show(request, "studio/confirm.html", context, now=database_now())


def _delete(request: StaffRequest, one: Sequence) -> HttpResponse:
    try:
        writing.discard(one.pk, by=request.user)
    except writing.Published:
        messages.error(request, _("It was published in the meantime: it can be paused, not deleted."))
        return redirect("studio:sequence", pk=one.pk)
    messages.success(request, _("The draft “%(name)s” was deleted.") % {"name": one.name})
    return redirect("studio:sequences")


@access.may("change_sequences")
@require_GET
@previews.framed
def step_letter(request: StaffRequest, pk: int) -> HttpResponse:
    """One mail of a sequence as a reader gets it, for a frame."""
    revision = get_object_or_404(CompiledEmail, variant__steps=pk, pk=F("variant__current"))
    reader = preview.sample(settings.PUBLIC_URL, sent_at=database_now())
    return previews.frame(preview.preview(revision, reader).html)


def _sequence(pk: int) -> Sequence:
    return get_object_or_404(Sequence.objects.select_related("published"), pk=pk)
