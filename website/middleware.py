"""The short way for what mails lead to most: no session, no sign-in and no language.

A link leads on, and a mail program's one click takes its reader off. Only a link that we know takes it. Everything
else, a page for a person among it, goes the way of all pages.
"""

from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from website import access
from website.views import leaving, links

CLICK, LEAVE = "/c/", "/u/"
LONGEST = 5


class LinksMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            answer = _short_way(request)
        except (OperationalError, InterfaceError):
            answer = None  # the page says that the database is away
        return self.get_response(request) if answer is None else answer


def _short_way(request: HttpRequest) -> HttpResponse | None:
    """None for what is no link of ours, and for everything that somebody looks at."""
    prefix, rest = request.path_info[: len(CLICK)], request.path_info[len(CLICK) :]
    if prefix == CLICK and request.method in access.LOOKING:
        token, _, n = rest.partition("/")
        is_number = n.isascii() and n.isdigit() and len(n) <= LONGEST
        return links.lead_on(request, token, int(n)) if is_number else None
    if prefix == LEAVE and request.method == "POST":
        return leaving.one_click(request, rest)
    return None
