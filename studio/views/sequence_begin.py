"""Beginning a sequence by hand: first who would come in is looked at, then a second press begins it."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from leads.segments.registry import Unanswerable
from newsletter.sequences import entering, services, triggers
from newsletter.sequences.models import Sequence, SequenceState
from studio.forms.sequence_begin import BeginForm
from studio.pages import show


@access.may("change_sequences")
def sequence_begin(request: StaffRequest, pk: int) -> HttpResponse:
    """Nobody begins before the count was shown and the button beside it was pressed."""
    published = Sequence.objects.exclude(state=SequenceState.DRAFT).exclude(published=None)
    one, now = get_object_or_404(published.select_related("published"), pk=pk), database_now()
    form = BeginForm(request.POST or None)
    people = _people(form, now) if form.is_valid() else None
    if people is not None and "begin" in request.POST:
        return _begin(request, one, people, now)
    context = {
        "sequence": one,
        "form": form,
        "people": people,
        "asked": len(people or ()),
        "would": len(entering.who_may(one, people, now=now)) if people else 0,
    }
    return show(request, "studio/sequences/begin.html", context, now=now)


def _people(form: BeginForm, now: datetime) -> list[int] | None:
    """None where nobody can tell any more whom the segment fits; the form says so."""
    chosen = form.cleaned_data
    if chosen["address"]:
        return [chosen["address"].pk]
    try:
        return triggers.who_fit(chosen["segment"], now)
    except Unanswerable:
        form.add_error("segment", _("One of its conditions cannot be looked at any more."))
        return None


def _begin(request: StaffRequest, one: Sequence, people: list[int], now: datetime) -> HttpResponse:
    begun = len(services.begin_by_hand(one, people, by=request.user, now=now))
    said = ngettext("%(n)d person begins.", "%(n)d people begin.", begun) % {"n": begun}
    messages.success(request, said if begun else _("Nobody begins: nobody of them may come in now."))
    return redirect("studio:sequence", pk=one.pk)
