"""Uncertain deliveries: what they are, and the two choices."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from newsletter.deliveries.settling import reconcile
from studio.pages import show
from studio.queries.uncertain import Doubt, doubt, doubts

PER_PAGE = 50
AGAIN = {"sent": False, "again": True}
QUESTIONS = {
    "sent": (
        gettext_lazy("Treat it as sent?"),
        gettext_lazy("“%(subject)s” to %(who)s counts as sent. If it did not arrive, they never get it."),
        gettext_lazy("Treat as sent"),
    ),
    "again": (
        gettext_lazy("Send it again?"),
        gettext_lazy("“%(subject)s” leaves again, to %(who)s. If the first one did arrive, they have it twice."),
        gettext_lazy("Send again"),
    ),
}


@access.may("settle_uncertain")
@require_GET
def uncertain(request: StaffRequest) -> HttpResponse:
    page = Paginator(doubts(), PER_PAGE).get_page(request.GET.get("page"))
    return show(request, "studio/uncertain/uncertain.html", {"page": page}, now=database_now())


@access.may("settle_uncertain")
def uncertain_decide(request: StaffRequest, pk: int, choice: str) -> HttpResponse:
    """A POST decides; a GET asks first, for a mail that may arrive twice."""
    if choice not in AGAIN:
        raise Http404
    now = database_now()
    if request.method == "POST":
        _decide(request, pk, again=AGAIN[choice])
        return redirect("studio:uncertain")
    open_one = doubt(pk)
    if open_one is None:
        messages.error(request, _("That one has been settled in the meantime."))
        return redirect("studio:uncertain")
    return show(request, "studio/confirm.html", _question(open_one, choice), now=now)


def _decide(request: StaffRequest, pk: int, *, again: bool) -> None:
    if not reconcile.decide(pk, again=again, by=request.user, now=database_now()):
        messages.error(request, _("That one has been settled in the meantime."))
    elif again:
        messages.success(request, _("It leaves again, if the person may still be mailed."))
    else:
        messages.success(request, _("Treated as sent."))


def _question(open_one: Doubt, choice: str) -> dict[str, object]:
    title, sentence, button = QUESTIONS[choice]
    return {
        "title": title,
        "sentence": sentence % {"who": open_one.lead or _("a colleague"), "subject": open_one.subject},
        "form": None,
        "button": button,
        "is_danger": AGAIN[choice],
        "back_url": reverse("studio:uncertain"),
    }
