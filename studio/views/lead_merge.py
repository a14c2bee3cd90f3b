"""Two leads who are one person: looking for the second one, comparing both, and merging them with one press."""

from collections.abc import Callable

from django.contrib import messages
from django.db import OperationalError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET
from psycopg.errors import DeadlockDetected

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from leads.models import Lead
from studio.forms.leads import MergeForm, TwinForm
from studio.pages import show
from studio.services import lead_merge as merging

TIMES = 2
STILL_LEAVING = gettext_lazy(
    "A mail that both are to get is leaving for one of them at this moment. Nothing was changed: try again in a minute."
    " If it stays so, decide about the mail under “Uncertain” first."
)


class _InTheWay(Exception):
    """Somebody else held what this needs, and waited for what this held, again and again."""


@access.may("change_leads")
@require_GET
def lead_twin(request: StaffRequest, pk: int) -> HttpResponse:
    """Who else could this be?"""
    one = _known(pk)
    form = TwinForm(request.GET)
    text = form.cleaned_data["q"] if form.is_valid() else ""
    context = {"lead": one, "form": form, "is_asked": bool(text.split()), "found": merging.found(text, besides=one)}
    return show(request, "studio/leads/twin.html", context, now=database_now())


@access.may("change_leads")
def lead_merge(request: StaffRequest, pk: int, gone: int) -> HttpResponse:
    """Both side by side, and what will happen; posted with the address that goes, it happens."""
    kept, other, now = _known(pk), get_object_or_404(Lead, pk=gone), database_now()
    if other.merged_into_id == pk:
        return redirect("studio:lead", pk=pk)  # pressed twice
    if other.erased_at is not None or other == kept:
        raise Http404
    form = MergeForm(request.POST or None, lead=other)
    try:
        if request.method == "POST" and form.is_valid():
            _again_if_in_the_way(lambda: merging.merge(kept, other, by=request.user, now=now))
            messages.success(request, _("They are one now. What was known of either stands here."))
            return redirect("studio:lead", pk=pk)
        outlook = _again_if_in_the_way(lambda: merging.foresee(kept, other, by=request.user, now=now))
    except merging.Overtaken:
        messages.error(request, _("One of the two was erased or merged in the meantime. Nothing was changed."))
        return redirect("studio:lead", pk=pk)
    except merging.Unclear:
        messages.error(request, STILL_LEAVING)
        return redirect("studio:lead", pk=pk)
    except _InTheWay:
        messages.error(request, _("Something else is being done for one of the two. Nothing was changed: try again."))
        return redirect("studio:lead", pk=pk)
    return show(request, "studio/leads/merge.html", {"lead": kept, "outlook": outlook, "form": form}, now=now)


def _again_if_in_the_way[T](act: Callable[[], T]) -> T:
    """Once more where the database let this one go because it and another waited for each other; raises _InTheWay."""
    for _time in range(TIMES):
        try:
            return act()
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected):
                raise
    raise _InTheWay


def _known(pk: int) -> Lead:
    return get_object_or_404(Lead, pk=pk, erased_at=None)
