"""Beginning a sequence by hand: first who would come in is looked at, then a second press begins it."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from leads.models import Lead, Segment
from leads.segments.registry import Unanswerable
from newsletter.sequences import by_hand
from newsletter.sequences.by_hand import ChangedSince
from newsletter.sequences.models import Sequence, SequenceState
from studio.forms.sequence_begin import BeginForm, SeenForm
from studio.pages import show


@access.may("change_sequences")
def sequence_begin(request: StaffRequest, pk: int) -> HttpResponse:
    """Nobody begins but those whom the page with the button showed."""
    published = Sequence.objects.exclude(state=SequenceState.DRAFT).exclude(published=None)
    one, now = get_object_or_404(published.select_related("published"), pk=pk), database_now()
    form = BeginForm(request.POST or None)
    context: dict[str, object] = {"sequence": one, "form": form}
    status = HTTPStatus.OK
    if form.is_valid():
        try:
            if "begin" in request.POST:
                return _begin(request, one, form.chosen)
            context["look"] = by_hand.look(one, form.chosen, now=now)
        except ChangedSince as error:
            context |= {"look": error.look, "changes": error.changes}
            status = HTTPStatus.CONFLICT
        except Unanswerable:
            form.add_error("segment", _("One of its conditions cannot be looked at any more."))
    return show(request, "studio/sequences/begin.html", context, now=now, status=status)


def _begin(request: StaffRequest, one: Sequence, chosen: Lead | Segment) -> HttpResponse:
    seen = SeenForm(request.POST).seen
    begun = len(by_hand.begin(one, chosen, seen, by=request.user, now=database_now()))
    said = ngettext("%(n)d person begins.", "%(n)d people begin.", begun) % {"n": begun}
    messages.success(request, said if begun else _("Nobody begins: nobody of them may come in now."))
    return redirect("studio:sequence", pk=one.pk)
