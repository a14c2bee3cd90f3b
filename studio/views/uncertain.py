"""Uncertain deliveries: what they are, and the two choices."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from newsletter.deliveries import reconcile
from studio.pages import show
from studio.queries.uncertain import doubts

AGAIN = {"sent": False, "again": True}


@access.may("settle_uncertain")
@require_GET
def uncertain(request: StaffRequest) -> HttpResponse:
    return show(request, "studio/uncertain/uncertain.html", {"doubts": doubts()}, now=database_now())


@access.may("settle_uncertain")
@require_POST
def uncertain_decide(request: StaffRequest, pk: int, choice: str) -> HttpResponse:
    if choice not in AGAIN:
        raise Http404
    if not reconcile.decide(pk, again=AGAIN[choice], by=request.user, now=database_now()):
        messages.error(request, _("That one has been settled in the meantime."))
    elif AGAIN[choice]:
        messages.success(request, _("It leaves again, if the person may still be mailed."))
    else:
        messages.success(request, _("Treated as sent."))
    return redirect("studio:uncertain")
