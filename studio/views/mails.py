"""Every mail that goes out by itself, and the presets: where each is changed."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from newsletter.content.models import EmailTemplate
from newsletter.content.presets import offered
from studio import words
from studio.forms.mails import KeepForm
from studio.pages import show
from studio.queries import mails as standing


@access.may("write_emails")
@require_GET
def mails(request: StaffRequest) -> HttpResponse:
    """`?of=` names the campaign out of which somebody wants to make a preset."""
    return _mails(request, KeepForm(initial={"campaign": request.GET.get("of", "")}))


@access.may("write_emails")
@require_POST
def preset_change(request: StaffRequest, key: str) -> HttpResponse:
    """Open one that ships in the editor."""
    try:
        email = offered.change(key, now=database_now())
    except offered.NoSuchPreset:
        raise Http404 from None
    return redirect("studio:email_edit", pk=email.pk)


@access.may("write_emails")
@require_POST
def preset_keep(request: StaffRequest) -> HttpResponse:
    """Make a preset out of a campaign."""
    form = KeepForm(request.POST)
    if not form.is_valid():
        return _mails(request, form)
    said = form.cleaned_data
    made = offered.keep(said["campaign"].email, name=said["name"], by=request.user, now=database_now())
    messages.success(request, _("“%(name)s” is among the presets now.") % {"name": made.name})
    return redirect(reverse("studio:mails") + "#presets")


@access.may("write_emails")
@require_POST
def preset_delete(request: StaffRequest, pk: int) -> HttpResponse:
    """Drop one of one's own, or what was changed of one that ships."""
    email = get_object_or_404(EmailTemplate, pk=pk)
    try:
        offered.drop(email, by=request.user)
    except offered.NoSuchPreset:
        raise Http404 from None
    said = _("“%(name)s” is again as it came with the program.") if email.key else _("“%(name)s” is deleted.")
    messages.success(request, said % {"name": email.name})
    return redirect(reverse("studio:mails") + "#presets")


def _mails(request: StaffRequest, form: KeepForm) -> HttpResponse:
    context = {
        "groups": standing.groups(),
        "offers": [(offer, words.PRESETS.get(offer.key, "")) for offer in offered.every()],
        "form": form,
        "can_keep": standing.worth_keeping().exists(),
    }
    return show(request, "studio/mails/mails.html", context, now=database_now())
