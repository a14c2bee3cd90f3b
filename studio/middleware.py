"""What every page of the studio shares: the clinic's clock, no trace in shared caches, and kind refusals."""

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from accounts.access import EVERYONE
from clinic import clock, queries
from studio import pages

PREFIX = "/studio/"


class StudioMiddleware:
    """Show times in the clinic's zone, keep what is said about people out of caches, explain 403 and 404."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        with timezone.override(ZoneInfo(queries.profile().time_zone)):
            response = self.get_response(request)
            if _was_pressed_signed_out(request, response):
                response = _to_sign_in(request)
        add_never_cache_headers(response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not request.path_info.startswith(PREFIX):
            return None
        if isinstance(exception, PermissionDenied):
            return pages.show(request, "studio/forbidden.html", now=clock.database_now(), status=403)
        if isinstance(exception, Http404):
            return pages.show(request, "studio/not_found.html", now=clock.database_now(), status=404)
        return None


def refused(request: HttpRequest) -> HttpResponse:
    """A form of a page that was opened before somebody signed in anew: what tells it from a forged one has changed."""
    return render(request, "studio/stale.html", {"back": _page_before(request)}, status=HTTPStatus.FORBIDDEN)


def _was_pressed_signed_out(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether a button was pressed on a page whose session is over; a part of a page sees to that itself."""
    view = getattr(request.resolver_match, "func", None)
    return (
        request.method == "POST"
        and isinstance(response, HttpResponseRedirect)
        and not request.user.is_authenticated
        and getattr(view, "act", EVERYONE) != EVERYONE
        and "HX-Request" not in request.headers
    )


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """Back to the page that was looked at, not to what was pressed: it was not done, and is to be pressed again."""
    said = _("You were signed out in the meantime, so nothing was done. Sign in, then press once more.")
    messages.info(request, said)
    return redirect(reverse("studio:sign_in", query={"next": _page_before(request)}))


def _page_before(request: HttpRequest) -> str:
    """The page of the studio on which something was pressed, as the browser tells; else the overview."""
    told = request.headers.get("Referer", "")
    page = urlsplit(told)
    is_ours = url_has_allowed_host_and_scheme(told, {request.get_host()}) and page.path.startswith(PREFIX)
    return page._replace(scheme="", netloc="", fragment="").geturl() if is_ours else reverse("studio:dashboard")
