"""Calls: questions that wait for an answer, and people who nearly booked."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from leads.intake import queries as intake
from leads.intake import services as acts
from leads.intake.models import Inquiry, InquiryOutcome
from studio.pages import show
from studio.queries.calls import hesitant

HANDLED_SHOWN = 10


@access.may("answer_calls")
@require_GET
def calls(request: StaffRequest) -> HttpResponse:
    now = database_now()
    inquiries = list(intake.call_list())
    context = {
        "inquiries": inquiries,
        "open": len(inquiries),
        "hesitant": hesitant(now=now),
        "handled": list(intake.handled()[:HANDLED_SHOWN]),
        "outcomes": InquiryOutcome.choices,
    }
    return show(request, "studio/calls/calls.html", context, now=now)


@access.may("answer_calls")
@require_POST
def call_handle(request: StaffRequest, pk: int, outcome: str) -> HttpResponse:
    """Say how it ended; without a browser's help the page is shown anew, else only the line changes."""
    now = database_now()
    inquiry = get_object_or_404(Inquiry.objects.select_related("lead"), pk=pk)
    if outcome in InquiryOutcome.values:
        acts.handle(inquiry, outcome=InquiryOutcome(outcome), by=request.user, now=now)
    return _answer(request, pk)


@access.may("answer_calls")
@require_POST
def call_reopen(request: StaffRequest, pk: int) -> HttpResponse:
    acts.reopen(get_object_or_404(Inquiry, pk=pk), by=request.user)
    return _answer(request, pk)


def _answer(request: StaffRequest, pk: int) -> HttpResponse:
    if not request.htmx:
        messages.success(request, _("Noted."))
        return redirect("studio:calls")
    inquiry = Inquiry.objects.select_related("lead", "handled_by").get(pk=pk)
    open_now = intake.call_list().count()
    context = {"inquiry": inquiry, "outcomes": InquiryOutcome.choices, "open": open_now, "is_answer": True}
    return show(request, "studio/calls/calls.html#changed", context, now=database_now())
