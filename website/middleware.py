"""The short way for the busiest page: a link from a mail leads on without a session, a sign-in or a language.

Only a link that we know takes it. Everything else, a page for a person among it, goes the way of all pages.
"""

from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from website import access
from website.views import links

PREFIX = "/c/"
LONGEST = 5


class LinksMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(PREFIX) and request.method in access.LOOKING:
            token, _, n = request.path_info.removeprefix(PREFIX).partition("/")
            answer = self._lead_on(request, token, n)
            if answer is not None:
                return answer
        return self.get_response(request)

    def _lead_on(self, request: HttpRequest, token: str, n: str) -> HttpResponse | None:
        """None for what is no link of ours, and while the database is away: the page says so."""
        if not (n.isascii() and n.isdigit() and len(n) <= LONGEST):
            return None
        try:
            return links.lead_on(request, token, int(n))
        except (OperationalError, InterfaceError):
            return None
