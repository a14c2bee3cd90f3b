"""What every page of the studio shares: the clinic's clock, no trace in shared caches, and kind refusals."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

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
