"""How visitors' pages are opened: to everybody, for the methods they know, from our own pages only.

Visitors have no session and no cookie to be abused with: what a form needs is in the form, and who may act on a
link's page is whoever holds the link. So their forms carry no CSRF token (a plain reader is given no cookie);
instead a browser that says it comes from another site is turned away. While the database is away, every
page says so, and that it will be back.
"""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from website import errors

logger = logging.getLogger(__name__)

View = Callable[..., HttpResponse]
LOOKING = ("GET", "HEAD")
ACTING = (*LOOKING, "POST")
EMPTY = {"Content-Length": "0", "Cache-Control": "max-age=0, no-cache, no-store, must-revalidate, private"}
"""The headers of an answer on the short way: there is nothing to read, and nothing to keep."""
UNREADABLE = (SuspiciousOperation, BadRequest, MultiPartParserError, UnreadablePostError, LookupError)


def page(view: View) -> View:
    """A page that is only looked at."""
    return _public(view, LOOKING)


def form_page(view: View) -> View:
    """A page with a form that is sent to the page's own address."""
    return _public(_from_our_pages(view), ACTING)


def one_click(view: View) -> View:
    """A page that programs may POST to from anywhere."""
    return _public(view, ACTING)


def private(view: View) -> View:
    """A page behind a link from a mail: nothing keeps a copy of it."""
    return never_cache(view)


def is_readable(request: HttpRequest) -> bool:
    """Whether what was sent can be understood as a form at all."""
    try:
        return request.POST is not None
    except UNREADABLE:
        return False


def _public(view: View, methods: tuple[str, ...]) -> View:
    return login_not_required(csrf_exempt(require_http_methods(methods)(_while_the_database_answers(view))))


def _while_the_database_answers(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (OperationalError, InterfaceError):
            logger.exception("The database does not answer")
            return errors.away(request)

    return guarded


def _from_our_pages(view: View) -> View:
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and _is_from_elsewhere(request):
            return errors.refused(request)
        if not is_readable(request):
            return errors.malformed(request)
        return view(request, *args, **kwargs)

    return checked


def _is_from_elsewhere(request: HttpRequest) -> bool:
    """What the browser says of itself; one that says nothing is let in, as it has nothing to lose."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is not None and _host(origin) != request.get_host()


def _host(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""
