"""Leads: finding people, adding a caller, and one person's page."""

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts import access
from accounts.access import StaffRequest
from booking.models import GoalKind
from clinic.clock import database_now
from leads.consent.models import Method
from leads.intake import services as intake
from leads.intake.services import Caller
from leads.models import Lead
from leads.people.services import Details
from studio.forms.leads import CallerForm, NoteForm, SearchForm, TagForm
from studio.pages import show
from studio.queries import person, timeline
from studio.queries.people import Wanted, found

PER_PAGE = 50


@access.may("see_leads")
@require_GET
def leads(request: StaffRequest) -> HttpResponse:
    now = database_now()
    form = SearchForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    narrowed = Wanted(wanted.get("q", ""), wanted.get("status", ""), wanted.get("consent", ""))
    page = Paginator(found(narrowed, now=now), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "is_narrowed": narrowed != Wanted(),
    }
    return show(request, "studio/leads/leads.html", context, now=now)


@access.may("change_leads")
def lead_new(request: StaffRequest) -> HttpResponse:
    """Write down somebody who called or came by."""
    now = database_now()
    given = {name: request.GET[name] for name in ("email", "first_name", "phone") if name in request.GET}
    form = CallerForm(request.POST or None, by=request.user, now=now, initial={**given, "taken_at": localtime(now)})
    if request.method == "POST" and form.is_valid():
        lead = intake.record_caller(_caller(form), by=request.user, now=now)
        messages.success(request, _("%(name)s is written down.") % {"name": lead})
        return redirect("studio:lead", pk=lead.pk)
    return show(request, "studio/leads/new.html", {"form": form}, now=now)


@access.may("see_leads")
@require_GET
def lead(request: StaffRequest, pk: int) -> HttpResponse:
    """Everything about one person: facts, consent, the course, and what happened."""
    now = database_now()
    one = get_object_or_404(Lead, pk=pk)
    if one.merged_into_id is not None:
        return redirect("studio:lead", pk=one.merged_into_id)
    context = {
        "lead": one,
        "person": person.look(one, now=now),
        "entries": timeline.of(one),
        "note_form": NoteForm(),
        "tag_form": TagForm(),
        "goal_kinds": [(kind.value, kind.label) for kind in (GoalKind.PHONE, GoalKind.ELSEWHERE, GoalKind.PATIENT)],
        "is_demo": settings.DEMO,
        "may_erase": access.allows(request.user, "erase_leads"),
    }
    return show(request, "studio/leads/lead.html", context, now=now)


def _caller(form: CallerForm) -> Caller:
    said = form.cleaned_data
    return Caller(
        address=said["email"],
        method=Method(said["method"]),
        taken_by=said["taken_by"],
        taken_at=said["taken_at"],
        details=Details(first_name=said["first_name"], last_name=said["last_name"], phone=said["phone"]),
        note=said["note"],
        wants_mail=said["wants_mail"],
    )
