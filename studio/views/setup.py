"""Setup: the first run's checklist, the clinic's profile, hours and days off."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import access
from accounts.access import StaffRequest
from clinic import queries
from clinic.clock import database_now
from clinic.models import Clinic, DayOff, WeeklyHours
from studio import checklist
from studio.forms.setup import CallRulesForm, DayOffForm, HoursForm, ProfileForm
from studio.pages import show
from studio.queries.diary import calls_by_day, hours_by_day
from studio.services import setup as acts


@access.may("change_setup")
@require_GET
def setup(request: StaffRequest) -> HttpResponse:
    clinic = queries.profile()
    found = checklist.check(clinic, has_hours=WeeklyHours.objects.exists())
    context = {"checklist": found, "clinic": clinic, "may_manage_keys": access.allows(request.user, "manage_keys")}
    return show(request, "studio/setup/setup.html", context, now=database_now())


@access.may("change_setup")
def setup_profile(request: StaffRequest) -> HttpResponse:
    now = database_now()
    form = ProfileForm(request.POST or None, instance=queries.profile())
    if request.method == "POST" and form.is_valid():
        was_locked = queries.profile().sending_unlocked_at is None
        try:
            clinic = acts.change_profile(form.changes(), by=request.user, now=now, seen=form.present)
        except acts.ChangedSince:
            form = ProfileForm(request.POST, instance=queries.profile())
        else:
            _say_saved(request, clinic, was_locked=was_locked)
            return redirect("studio:setup")
    return show(request, "studio/setup/profile.html", {"form": form}, now=now)


@access.may("change_setup")
def setup_hours(request: StaffRequest) -> HttpResponse:
    """Two forms with one button: the week, and how calls are offered in it."""
    now = database_now()
    clinic = queries.profile()
    form = HoursForm(request.POST or None, initial=hours_by_day())
    rules = CallRulesForm(request.POST or None, instance=clinic)
    if request.method == "POST" and form.is_valid() and rules.is_valid():
        was_locked = clinic.sending_unlocked_at is None
        clinic = acts.change_hours(form.spans(), rules=rules.cleaned_data, by=request.user, now=now)
        _say_saved(request, clinic, was_locked=was_locked)
        return redirect("studio:setup_hours")
    context = {"form": form, "rules": rules, "days_off": _days_off(), "day_off": DayOffForm(), "clinic": clinic}
    return show(request, "studio/setup/hours.html", context, now=now)


@access.may("change_setup")
@require_POST
def day_off_add(request: StaffRequest) -> HttpResponse:
    form = DayOffForm(request.POST)
    if form.is_valid():
        acts.add_day_off(form.cleaned_data["on"], label=form.cleaned_data["label"], by=request.user)
        return redirect("studio:setup_hours")
    clinic = queries.profile()
    context = {
        "form": HoursForm(initial=hours_by_day()),
        "rules": CallRulesForm(instance=clinic),
        "days_off": _days_off(),
        "day_off": form,
        "clinic": clinic,
    }
    return show(request, "studio/setup/hours.html", context, now=database_now())


@access.may("change_setup")
@require_POST
def day_off_remove(request: StaffRequest, pk: int) -> HttpResponse:
    acts.remove_day_off(get_object_or_404(DayOff, pk=pk), by=request.user)
    return redirect("studio:setup_hours")


def _days_off() -> list[tuple[DayOff, int]]:
    """Days off to come, each with how many calls stand on it."""
    today = database_now().astimezone(queries.zone()).date()
    days = [day for day in queries.days_off() if day.on >= today]
    calls = calls_by_day([day.on for day in days], zone=queries.zone())
    return [(day, calls.get(day.on, 0)) for day in days]


def _say_saved(request: StaffRequest, clinic: Clinic, *, was_locked: bool) -> None:
    if was_locked and clinic.sending_unlocked_at is not None:
        messages.success(request, _("Saved, and the checklist is finished: from now on, mail to readers leaves."))
    else:
        messages.success(request, _("Saved."))
