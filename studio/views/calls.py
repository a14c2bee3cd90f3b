"""Calls: questions that wait for an answer, what sequences ask a person to do, and people who nearly booked."""

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
from newsletter.sequences import notices
from newsletter.sequences.models import Notice
from studio.pages import show
from studio.queries.calls import done_lately, hesitant

HANDLED_SHOWN = 10


@access.may("answer_calls")
@require_GET
def calls(request: StaffRequest) -> HttpResponse:
    now = database_now()
    inquiries, asked = list(intake.call_list()), list(notices.waiting())
    context = {
        "inquiries": inquiries,
        "open": len(inquiries),
        "asked": asked,
        "open_asked": len(asked),
        "hesitant": hesitant(now=now),
        "handled": done_lately(HANDLED_SHOWN),
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


@access.may("answer_calls")
@require_POST
def notice_handle(request: StaffRequest, pk: int) -> HttpResponse:
    """Say that it is done. Who comes second sees by whom; nothing is done twice."""
    is_done = notices.handle(Notice(pk=pk), by=request.user, now=database_now())
    return _answer_asked(request, pk, _("Noted.") if is_done else _("It is done already, or the person is erased."))


@access.may("answer_calls")
@require_POST
def notice_reopen(request: StaffRequest, pk: int) -> HttpResponse:
    is_back = notices.reopen(Notice(pk=pk), by=request.user)
    return _answer_asked(
        request, pk, _("Noted.") if is_back else _("It is on the list already, or the person is erased.")
    )


def _answer(request: StaffRequest, pk: int) -> HttpResponse:
    if not request.htmx:
        messages.success(request, _("Noted."))
        return redirect("studio:calls")
    inquiry = Inquiry.objects.select_related("lead", "handled_by").get(pk=pk)
    context = {"inquiry": inquiry, "outcomes": InquiryOutcome.choices, **_counted()}
    return show(request, "studio/calls/calls.html#changed", context, now=database_now())


def _answer_asked(request: StaffRequest, pk: int, said: str) -> HttpResponse:
    """The line as it is now; nothing in its place where the person was erased meanwhile."""
    if not request.htmx:
        messages.success(request, said)
        return redirect("studio:calls")
    context = {"notice": notices.every().filter(pk=pk).first(), **_counted()}
    return show(request, "studio/calls/calls.html#changed_asked", context, now=database_now())


def _counted() -> dict[str, int | bool]:
    """What the line at the top says, which changes with every answer."""
    return {"open": intake.call_list().count(), "open_asked": notices.waiting().count(), "is_answer": True}
