"""The one door to every address here: whatever comes in, what goes out is JSON, and is kept by nobody.

A program has no session and no cookie that a page elsewhere could abuse, only its key; so its requests carry no CSRF
token. What is no JSON, or more of it than anything here needs, is turned away before it is read.
"""

import logging
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from api.problems import problem

logger = logging.getLogger(__name__)

View = Callable[..., HttpResponse]
LARGEST = 16_384
JSON = "application/json"


def opened(view: View) -> View:
    """Let programs in, without a session."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            answer = _unfit(request) or view(request, *args, **kwargs)
        except Http404:
            return nothing_here(request)
        except (SuspiciousOperation, UnreadablePostError):
            return problem(HTTPStatus.BAD_REQUEST, _("The request cannot be read."))
        except (OperationalError, InterfaceError):
            logger.exception("The database does not answer")
            return problem(
                HTTPStatus.SERVICE_UNAVAILABLE, _("The database does not answer."), headers={"Retry-After": "120"}
            )
        if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = {"Allow": answer.headers.get("Allow", "")}
            return problem(HTTPStatus.METHOD_NOT_ALLOWED, _("This method is not for this address."), headers=allowed)
        return answer

    return login_not_required(csrf_exempt(never_cache(guarded)))


def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponse:
    return problem(HTTPStatus.NOT_FOUND, _("There is nothing at this address."))


def _unfit(request: HttpRequest) -> HttpResponse | None:
    """What is wrong with the request before anybody reads its body."""
    if request.method != "POST":
        return None
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isascii() and length.isdigit() and int(length[:10]) > LARGEST:
        said = _("The body may have %(most)d bytes at most.") % {"most": LARGEST}
        return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, said)
    if request.content_type != JSON:
        return problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, _("The body must be JSON, and said to be: application/json."))
    return None
