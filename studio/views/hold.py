"""Hold: one switch stops all marketing mail; here it is set, explained and released."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from newsletter.deliveries import holds
from studio.forms.hold import HoldForm
from studio.pages import show
from studio.queries.holds import past_holds


@access.may("hold_sending")
@require_GET
def hold(request: StaffRequest) -> HttpResponse:
    return show(request, "studio/hold/hold.html", {"form": HoldForm(), "past": past_holds()}, now=database_now())


@access.may("hold_sending")
@require_POST
def hold_set(request: StaffRequest) -> HttpResponse:
    now = database_now()
    form = HoldForm(request.POST)
    if not form.is_valid():
        return show(request, "studio/hold/hold.html", {"form": form, "past": past_holds()}, now=now)
    holds.hold(form.cleaned_data["reason"], by=request.user, now=now)
    messages.success(request, _("Marketing mail is on hold. Confirmations and reminders still leave."))
    return redirect("studio:hold")


@access.may("hold_sending")
@require_POST
def hold_release(request: StaffRequest) -> HttpResponse:
    if holds.release(by=request.user, now=database_now()):
        messages.success(request, _("The hold is released. What was due leaves now."))
    return redirect("studio:hold")
