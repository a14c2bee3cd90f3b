"""One person's ways through sequences: held, moved, skipped ahead, ended, each with a reason."""

from collections.abc import Callable
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from leads.models import Lead
from newsletter.sequences import one
from newsletter.sequences.services import NotUnderWay
from studio.forms.lead_ways import LEAVE, MOVE, PAUSE, RESUME, SKIP, WayForm
from studio.pages import show
from studio.queries import lead_ways as ways
from studio.queries.lead_ways import OneWay

ACTS: dict[str, Callable[..., object]] = {
    PAUSE: one.pause,
    RESUME: one.resume,
    LEAVE: one.take_out,
}


@access.may("change_leads")
def lead_ways(request: StaffRequest, pk: int) -> HttpResponse:
    """Every sequence that they are in, and what can be done about it."""
    lead = get_object_or_404(Lead, pk=pk)
    known = ways.of(lead)
    forms = {told.way.pk: _form(request, told) for told in known}
    asked = next((told for told in known if str(told.way.pk) == request.POST.get("way")), None)
    status = HTTPStatus.OK
    if request.method == "POST":
        if asked is None:
            messages.error(request, _("That is over for them already."))
            return redirect("studio:lead_ways", pk=pk)
        form = forms[asked.way.pk]
        if form.is_valid():
            return _act(request, asked, form)
        status = HTTPStatus.CONFLICT if form.is_overtaken else HTTPStatus.UNPROCESSABLE_ENTITY
    shown = [(told, forms[told.way.pk]) for told in known]
    return show(request, "studio/leads/ways.html", {"lead": lead, "ways": shown}, now=database_now(), status=status)


def _form(request: StaffRequest, told: OneWay) -> WayForm:
    is_mine = request.method == "POST" and request.POST.get("way") == str(told.way.pk)
    return WayForm(request.POST if is_mine else None, of=told)


def _act(request: StaffRequest, told: OneWay, form: WayForm) -> HttpResponse:
    way = told.way
    facts = {"by": request.user, "reason": form.cleaned_data["reason"], "now": database_now()}
    act = form.cleaned_data["act"]
    try:
        if act == MOVE:
            one.move_to(way, int(form.cleaned_data["step"]), **facts)
        elif act == SKIP:
            one.skip(way, told.next, **facts)
        else:
            ACTS[act](way, **facts)
    except NotUnderWay:
        messages.error(request, _("That is over for them already."))
    except one.NotNext:
        messages.error(request, _("They have just gone on: look what comes next now. Nothing was done."))
        return redirect("studio:lead_ways", pk=way.lead_id)
    except (one.AlreadyHad, one.NoSuchStep):
        messages.error(request, _("They had this mail already: nobody gets it twice. Nothing was changed."))
    else:
        messages.success(request, _("Done. It stands on their line of time, with the reason."))
    return redirect("studio:lead", pk=way.lead_id)
