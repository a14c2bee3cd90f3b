"""The demo's inbox: every mail that left, as its reader would see it, as text, and as it is on the wire."""

from django.conf import settings
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET

from accounts import access
from accounts.access import StaffRequest
from clinic.clock import database_now
from studio import previews
from studio.pages import show
from studio.queries.inbox import Caught, caught, one

NOTHING_NEW = 204


@access.may("see_studio")
@require_GET
def inbox(request: StaffRequest) -> HttpResponse:
    """The list; it asks for itself again every few seconds, and is answered when there is news."""
    _require_demo()
    now = database_now()
    to, subject = request.GET.get("to", ""), request.GET.get("subject", "")
    mails = caught(to=to, subject=subject)
    seen = f"{mails[0].name if mails else ''}-{now:%H%M}"
    if request.htmx and request.GET.get("seen") == seen:
        return HttpResponse(status=NOTHING_NEW)
    template = "studio/inbox/inbox.html" + ("#list" if request.htmx else "")
    return show(request, template, {"mails": mails, "to": to, "subject": subject, "seen": seen}, now=now)


@access.may("see_studio")
@require_GET
def mail(request: StaffRequest, name: str) -> HttpResponse:
    return show(request, "studio/inbox/mail.html", {"mail": _mail(name)}, now=database_now())


@access.may("see_studio")
@require_GET
@previews.clickable
def mail_html(request: StaffRequest, name: str) -> HttpResponse:
    """The HTML part for a frame; its links open beside the studio, as they would beside a mailbox."""
    return previews.frame(previews.opening_outside(_mail(name).html))


@access.may("see_studio")
@require_GET
def mail_source(request: StaffRequest, name: str) -> HttpResponse:
    return HttpResponse(_mail(name).source, content_type="text/plain; charset=utf-8")


def _mail(name: str) -> Caught:
    _require_demo()
    found = one(name)
    if found is None:
        raise Http404
    return found


def _require_demo() -> None:
    if not settings.DEMO:
        raise Http404
