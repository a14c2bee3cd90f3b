"""The brand: one page for how everything looks, with a mail beside it that shows what is typed before it is saved."""

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import access
from accounts.access import StaffRequest
from clinic import queries as clinic
from clinic.clock import database_now
from newsletter.content.compile import NotCompilable
from studio import previews
from studio.forms.brand import BrandForm
from studio.pages import show
from studio.queries import brand as brands
from studio.services import setup as acts


@access.may("change_setup")
def brand(request: StaffRequest) -> HttpResponse:
    now = database_now()
    form = BrandForm(request.POST or None, instance=clinic.profile())
    if request.method == "POST" and form.is_valid():
        try:
            acts.change_profile(form.changes(), by=request.user, now=now, seen=form.present)
        except acts.ChangedSince:
            form = BrandForm(request.POST, instance=clinic.profile())
        else:
            messages.success(request, _("Saved. The next mail that leaves looks like this."))
            return redirect("studio:brand")
    context = {"form": form, "picked": form.picked(), "scheduled": brands.scheduled(), "first_mail": brands.FIRST_MAIL}
    return show(request, "studio/brand/brand.html", context, now=now)


@access.may_in_json("change_setup")
@require_POST
def brand_sample(request: StaffRequest) -> HttpResponse:
    """A mail as the form has it now, and what is wrong with the form; nothing is saved."""
    form = BrandForm(request.POST, instance=clinic.profile())
    form.is_valid()
    said = {"errors": {name: " ".join(map(str, errors)) for name, errors in form.errors.items()}, "offers": form.offers}
    which, is_dark = request.POST.get("sample", ""), "dark" in request.POST
    try:
        html = brands.sample(form.typed(), which=which, is_dark=is_dark)
    except NotCompilable as error:
        html = previews.sentence(str(error))
    return JsonResponse({**said, "html": html})


@access.may("change_setup")
@require_GET
@previews.framed
def brand_letter(request: StaffRequest) -> HttpResponse:
    """The same mail in the brand as it is saved, for the frame to begin with."""
    try:
        return previews.frame(brands.sample(clinic.profile()))
    except NotCompilable as error:
        return previews.frame(previews.sentence(str(error)))
