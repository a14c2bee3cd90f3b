"""Appointments: today's calls first, what is to come, how it went; booking, moving and cancelling for somebody."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import access
from accounts.access import StaffRequest
from booking import queries, services
from booking.models import Appointment, AppointmentState
from booking.services import Wanted
from clinic import phones
from clinic import queries as clinic
from clinic.clock import database_now
from leads.models import Lead
from studio.forms.appointments import BookForm, TimeForm
from studio.pages import of_somebody_known, show
from studio.queries.diary import calls_between, today

PAST_PER_PAGE = 25
OUTCOMES = (AppointmentState.ATTENDED, AppointmentState.MISSED, AppointmentState.NOT_SUITABLE)


@access.may("change_appointments")
@require_GET
def appointments(request: StaffRequest) -> HttpResponse:
    now = database_now()
    start, end = today(now)
    over = queries.past(now=now).exclude(state=AppointmentState.BOOKED)
    past = over.filter(Q(starts_at__lt=start) | Q(state=AppointmentState.CANCELLED))
    context = {
        "today": calls_between(start, end),
        "open": [call for call in queries.without_outcome(now=now) if call.starts_at < start],
        "upcoming": list(queries.upcoming(now=now).filter(starts_at__gte=end)),
        "past": Paginator(past, PAST_PER_PAGE).get_page(request.GET.get("page")),
        "outcomes": [(state.value, state.label) for state in OUTCOMES],
    }
    return show(request, "studio/appointments/appointments.html", context, now=now)


@access.may("change_appointments")
@require_GET
def appointment(request: StaffRequest, pk: int) -> HttpResponse:
    call = get_object_or_404(Appointment.objects.select_related("lead", "by"), pk=pk)
    context = {"call": call, "outcomes": [(state.value, state.label) for state in OUTCOMES]}
    return show(request, "studio/appointments/appointment.html", context, now=database_now())


@access.may("change_appointments")
@require_POST
def appointment_outcome(request: StaffRequest, pk: int, state: str) -> HttpResponse:
    """How the call went; BOOKED takes an outcome back."""
    call = get_object_or_404(Appointment.objects.select_related("lead"), pk=pk)
    if state in {*OUTCOMES, AppointmentState.BOOKED}:
        try:
            services.record_outcome(call, state=AppointmentState(state), by=request.user, now=database_now())
        except services.NotBegun:
            messages.error(request, _("The call is still to come."))
        except services.TooLate:
            messages.error(request, _("The call was cancelled."))
        else:
            messages.success(request, _("%(name)s: noted.") % {"name": call.lead})
    return redirect("studio:appointments")


@access.may("change_appointments")
@of_somebody_known()
def appointment_new(request: StaffRequest, lead_pk: int) -> HttpResponse:
    """Book a call that was agreed on with somebody."""
    now = database_now()
    lead = get_object_or_404(Lead, pk=lead_pk, erased_at=None)
    slots = queries.open_slots(now=now)
    form = BookForm(request.POST or None, slots=slots, now=now, initial={"phone": phones.readable(lead.phone)})
    if request.method == "POST" and form.is_valid():
        zone = lead.time_zone or clinic.profile().time_zone
        wanted = Wanted(form.starts_at, form.cleaned_data["phone"], zone)
        try:
            call = services.book_for(lead, wanted=wanted, by=request.user, now=now)
        except services.SlotTaken:
            form.add_error(None, _("That time is taken by now. Choose another one."))
        else:
            messages.success(request, _("Booked. %(name)s gets a mail with the time.") % {"name": lead})
            return redirect("studio:appointment", pk=call.pk)
    return show(request, "studio/appointments/new.html", {"lead": lead, "form": form}, now=now)


@access.may("change_appointments")
def appointment_move(request: StaffRequest, pk: int) -> HttpResponse:
    now = database_now()
    call = get_object_or_404(Appointment.objects.select_related("lead"), pk=pk)
    form = TimeForm(request.POST or None, slots=queries.open_slots(now=now), now=now)
    if request.method == "POST" and form.is_valid():
        try:
            services.move(call, starts_at=form.starts_at, by=request.user, now=now)
        except services.SlotTaken:
            form.add_error(None, _("That time is taken by now. Choose another one."))
        except services.TooLate:
            messages.error(request, _("The call has begun or was cancelled; it cannot be moved any more."))
            return redirect("studio:appointment", pk=pk)
        else:
            messages.success(request, _("Moved. %(name)s gets a mail with the new time.") % {"name": call.lead})
            return redirect("studio:appointment", pk=pk)
    return show(request, "studio/appointments/move.html", {"call": call, "form": form}, now=now)


@access.may("change_appointments")
def appointment_cancel(request: StaffRequest, pk: int) -> HttpResponse:
    now = database_now()
    call = get_object_or_404(Appointment.objects.select_related("lead"), pk=pk)
    if request.method == "POST":
        try:
            services.cancel(call, by=request.user, now=now)
        except services.TooLate:
            messages.error(request, _("The call has begun; say how it went instead."))
        else:
            messages.success(request, _("Cancelled. %(name)s gets a mail that says so.") % {"name": call.lead})
        return redirect("studio:appointment", pk=pk)
    at = localtime(call.starts_at)
    context = {
        "title": _("Cancel the call with %(name)s?") % {"name": call.lead},
        "sentence": _("On %(when)s. They get a mail at once, and the time can be booked again.")
        % {"when": f"{at:%a %d %b, %H:%M %Z}"},
        "button": _("Cancel the call"),
        "is_danger": True,
        "back_url": reverse("studio:appointment", args=[pk]),
    }
    return show(request, "studio/confirm.html", context, now=now)
