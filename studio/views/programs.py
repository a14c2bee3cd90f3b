"""Other programs: their keys, made and revoked by an owner, and what they can ask for."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import access, keys
from accounts.access import StaffRequest
from accounts.models import ApiKey
from clinic.clock import database_now
from newsletter.sequences import programs as sequences
from studio.forms.programs import KeyForm
from studio.pages import show

ADDRESS = "/api/v1"


@access.may("manage_keys")
def programs(request: StaffRequest) -> HttpResponse:
    """The keys there are, and one more; a key that is made is shown on this answer and never again."""
    now = database_now()
    form, secret = KeyForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        _key, secret = keys.make(form.cleaned_data["name"], by=request.user, now=now)
        form = KeyForm()
    context = {
        "keys": keys.every(),
        "form": form,
        "secret": secret,
        "address": f"{settings.PUBLIC_URL}{ADDRESS}",
        "sequences": sequences.offered(),
    }
    return show(request, "studio/programs/programs.html", context, now=now)


@access.may("manage_keys")
def program_revoke(request: StaffRequest, pk: int) -> HttpResponse:
    key = get_object_or_404(ApiKey, pk=pk, revoked_at=None)
    if request.method == "POST":
        keys.revoke(key, by=request.user, now=database_now())
        messages.success(request, _("The key of %(name)s opens nothing any more.") % {"name": key})
        return redirect("studio:programs")
    context = {
        "title": _("Revoke the key of %(name)s?") % {"name": key},
        "sentence": _("The program is turned away from now on. What it began goes on. It cannot be taken back."),
        "button": _("Revoke the key"),
        "is_danger": True,
        "back_url": reverse("studio:programs"),
    }
    return show(request, "studio/confirm.html", context, now=database_now())
