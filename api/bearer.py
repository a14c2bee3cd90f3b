"""Who asks: the program whose key stands in the header, `Authorization: Bearer meridian_...`."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from accounts import keys
from accounts.models import ApiKey
from api import limits
from api.problems import problem

AGAIN = {"Retry-After": str(int(limits.WINDOW.total_seconds()))}


class TooMany(Exception):
    """The program asks more than it may."""


class Program(HttpBearer):
    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        """The key of the program that asks, if it works; raises TooMany."""
        key = keys.holder(token)
        if key is not None and not limits.admits(key):
            raise TooMany
        return key


def unknown(request: HttpRequest, _error: Exception) -> HttpResponse:
    """No key, a wrong one or a revoked one: they are told the same."""
    if not limits.admits_wrong_key(request.META.get("REMOTE_ADDR", "")):
        return too_many(request, _error)
    return problem(
        HTTPStatus.UNAUTHORIZED,
        _("A key is needed that works, as “Authorization: Bearer meridian_…”."),
        headers={"WWW-Authenticate": 'Bearer realm="Meridian"'},
    )


def too_many(request: HttpRequest, _error: Exception) -> HttpResponse:
    return problem(HTTPStatus.TOO_MANY_REQUESTS, _("That is too much for one minute."), headers=AGAIN)
