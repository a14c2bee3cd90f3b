"""What staff do on one person's page. Each view is one act; all lead back to the page."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import access
from accounts.access import StaffRequest
from booking import goals
from booking.models import GoalKind
from clinic import phones
from clinic.clock import database_now
from leads.models import Lead
from leads.people import services as people
from leads.people.models import LeadStatus
from leads.people.services import Details
from leads.privacy import services as privacy
from leads.tags import services as tags
from newsletter.models import Enrolment
from newsletter.sequences import services as sequences
from newsletter.sequences.models import EnrolmentState, SequenceState
from studio.forms.lead_ways import WhyForm
from studio.forms.leads import DetailsForm, EraseForm, NoteForm, TagForm
from studio.pages import of_somebody_known, show
from studio.services import people as acts


@access.may("change_leads")
@require_POST
@of_somebody_known()
def lead_note(request: StaffRequest, pk: int) -> HttpResponse:
    form = NoteForm(request.POST)
    if form.is_valid():
        people.add_note(_known(pk), text=form.cleaned_data["text"], by=request.user, now=database_now())
    else:
        messages.error(request, _("A note needs some words, 2,000 characters at most."))
    return redirect("studio:lead", pk=pk)


@access.may("change_leads")
@require_POST
@of_somebody_known()
def lead_tag(request: StaffRequest, pk: int) -> HttpResponse:
    form = TagForm(request.POST)
    if form.is_valid():
        tags.add(_known(pk), name=form.cleaned_data["name"], by=request.user, now=database_now())
    return redirect("studio:lead", pk=pk)


@access.may("change_leads")
@require_POST
def lead_untag(request: StaffRequest, pk: int) -> HttpResponse:
    form = TagForm(request.POST)
    if form.is_valid():
        acts.untag(_known(pk), name=form.cleaned_data["name"], by=request.user)
    return redirect("studio:lead", pk=pk)


@access.may("change_leads")
@of_somebody_known()
def lead_details(request: StaffRequest, pk: int) -> HttpResponse:
    one = _known(pk)
    known = {
        "first_name": one.first_name,
        "last_name": one.last_name,
        "phone": phones.readable(one.phone),
        "birthday": one.birthday,
    }
    form = DetailsForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        people.describe(one, details=Details(**form.cleaned_data, time_zone=one.time_zone), by=request.user)
        messages.success(request, _("Saved."))
        return redirect("studio:lead", pk=pk)
    return show(request, "studio/leads/details.html", {"lead": one, "form": form}, now=database_now())


@access.may("change_leads")
@require_POST
def lead_status(request: StaffRequest, pk: int) -> HttpResponse:
    status = LeadStatus.PATIENT if request.POST.get("status") == LeadStatus.PATIENT else LeadStatus.LEAD
    people.set_status(_known(pk), status=status, by=request.user, now=database_now())
    return redirect("studio:lead", pk=pk)


@access.may("change_leads")
@require_POST
def lead_goal(request: StaffRequest, pk: int, kind: str) -> HttpResponse:
    """They booked by phone or elsewhere, or are a patient already: the course ends."""
    if kind not in {GoalKind.PHONE, GoalKind.ELSEWHERE, GoalKind.PATIENT}:
        return redirect("studio:lead", pk=pk)
    goal = goals.reach(_known(pk), kind=GoalKind(kind), now=database_now(), by=request.user)
    if goal.credited_delivery_id is None:
        messages.success(request, _("Noted. The course is over for them."))
    else:
        messages.success(request, _("Noted, and credited to the mail they came from. The course is over for them."))
    return redirect("studio:lead", pk=pk)


@access.may("change_leads")
@require_POST
def lead_answered(request: StaffRequest, pk: int, delivery: int) -> HttpResponse:
    """Their answer came to an ordinary mailbox, where no program reads it."""
    try:
        acts.answered(_known(pk), delivery, by=request.user, now=database_now())
    except acts.NotTheirs as error:
        raise Http404 from error
    messages.success(request, _("Noted. What waited for their answer goes on, and what was to bring one is over."))
    return redirect("studio:lead", pk=pk)


@access.may("change_leads")
@require_POST
def lead_next_mail(request: StaffRequest, pk: int) -> HttpResponse:
    """The demo's button: the next mail of the course leaves now. Elsewhere nobody's patience is spent like that."""
    if not settings.DEMO:
        raise Http404
    under_way = Enrolment.objects.filter(lead=_known(pk), state=EnrolmentState.ACTIVE, due_at__isnull=False)
    enrolment = under_way.exclude(sequence__state=SequenceState.PAUSED).order_by("due_at", "pk").first()
    if enrolment is None:
        messages.error(request, _("The sequence is paused, or over for them."))
        return redirect("studio:lead", pk=pk)
    try:
        sequences.bring_forward(enrolment, by=request.user, now=database_now())
    except sequences.NotUnderWay:
        messages.error(request, _("The sequence is paused, or over for them."))
    else:
        messages.success(request, _("The next mail leaves now."))
    return redirect("studio:lead", pk=pk)


@access.may("change_leads")
def lead_take_out(request: StaffRequest, pk: int) -> HttpResponse:
    one, form = _known(pk), WhyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        sequences.take_out(one, by=request.user, reason=form.cleaned_data["reason"], now=database_now())
        messages.success(request, _("They get no more mails of what was under way. Clinic news may still reach them."))
        return redirect("studio:lead", pk=pk)
    context = {
        "title": _("Take %(name)s out of the sequences they are in?") % {"name": one},
        "sentence": _("The mails still to come are not sent. Whether it begins again for them is for its rule to say."),
        "form": form,
        "button": _("Take them out"),
        "back_url": reverse("studio:lead", args=[pk]),
    }
    return show(request, "studio/confirm.html", context, now=database_now())


@access.may("change_leads")
def lead_unsubscribe(request: StaffRequest, pk: int) -> HttpResponse:
    one = _known(pk)
    if request.method == "POST":
        acts.unsubscribe(one, by=request.user, now=database_now())
        messages.success(request, _("%(name)s gets no more marketing mail.") % {"name": one})
        return redirect("studio:lead", pk=pk)
    context = {
        "title": _("Unsubscribe %(name)s?") % {"name": one},
        "sentence": _(
            "They get no course and no clinic news from this moment on. Reminders of their calls still come."
        ),
        "button": _("Unsubscribe them"),
        "back_url": reverse("studio:lead", args=[pk]),
    }
    return show(request, "studio/confirm.html", context, now=database_now())


@access.may("erase_leads")
def lead_erase(request: StaffRequest, pk: int) -> HttpResponse:
    one = _known(pk)
    form = EraseForm(request.POST or None, lead=one)
    if request.method == "POST" and form.is_valid():
        privacy.erase(one, by=request.user, now=database_now())
        messages.success(request, _("Everything personal is erased. The address stays blocked, as a hash."))
        return redirect("studio:leads")
    context = {
        "title": _("Erase everything about %(name)s?") % {"name": one},
        "sentence": _(
            "Name, address, phone, notes and questions go, and calls to come are cancelled. "
            "It cannot be taken back. We keep a hash of the address so that it is never mailed again."
        ),
        "form": form,
        "button": _("Erase for ever"),
        "is_danger": True,
        "back_url": reverse("studio:lead", args=[pk]),
    }
    return show(request, "studio/confirm.html", context, now=database_now())


def _known(pk: int) -> Lead:
    """Whoever is erased can be looked at, and nothing more."""
    return get_object_or_404(Lead, pk=pk, erased_at=None)
