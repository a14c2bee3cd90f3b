"""Hold: one switch stops mail; here it is set, explained and released."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from newsletter.deliveries.standing import holds, overdue, release
from newsletter.deliveries.standing.models import HoldScope
from studio.forms.hold import HoldForm, ReleaseForm, release_form
from studio.pages import show
from studio.queries.holds import past_holds


@access.may("hold_sending")
@require_GET
def hold(request: StaffRequest) -> HttpResponse:
    return _page(request)


@access.may("hold_sending")
@require_POST
def hold_set(request: StaffRequest) -> HttpResponse:
    form = HoldForm(request.POST)
    if not form.is_valid():
        return _page(request, form=form)
    scope = HoldScope(form.cleaned_data["scope"])
    holds.hold(form.cleaned_data["reason"], by=request.user, now=database_now(), scope=scope)
    if scope == HoldScope.ALL:
        messages.success(request, _("All mail is on hold, confirmations and reminders too."))
    else:
        messages.success(request, _("Marketing mail is on hold. Confirmations and reminders still leave."))
    return redirect("studio:hold")


@access.may("hold_sending")
@require_POST
def hold_release(request: StaffRequest) -> HttpResponse:
    form = ReleaseForm(request.POST)
    if not form.is_valid():
        return _page(request, releasing=form)
    seen = [hold.pk for hold in form.cleaned_data["seen"]]
    skipped = release.release(form.choice(), seen=seen, by=request.user, now=database_now())
    if skipped is None:
        messages.error(
            request, _("Nothing was released: there is a hold that you have not seen yet. It is shown here.")
        )
        return redirect("studio:hold")
    said = ngettext("%(n)s mail was skipped.", "%(n)s mails were skipped.", skipped) % {"n": skipped}
    messages.success(request, _("The hold is released. %(skipped)s") % {"skipped": said if skipped else ""})
    return redirect("studio:hold")


def _page(request: StaffRequest, *, form: HoldForm | None = None, releasing: ReleaseForm | None = None) -> HttpResponse:
    now = database_now()
    held = list(holds.unreleased())
    context = {
        "form": form or HoldForm(),
        "held": held,
        "releasing": releasing or (release_form(held) if held else None),
        "overdue": overdue.lines(now) if held else [],
        "past": past_holds(),
    }
    return show(request, "studio/hold/hold.html", context, now=now)
