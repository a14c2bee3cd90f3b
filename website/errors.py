"""Pages for what goes wrong. They are drawn without the database: it may be what went wrong."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page("website/404.html", HTTPStatus.NOT_FOUND)


def broken(request: HttpRequest) -> HttpResponse:
    return _page("website/500.html", HTTPStatus.INTERNAL_SERVER_ERROR)


def malformed(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page("website/400.html", HTTPStatus.BAD_REQUEST)


def refused(request: HttpRequest, reason: str = "", exception: Exception | None = None) -> HttpResponse:
    """Not allowed; also what a form from another site gets."""
    return _page("website/403.html", HTTPStatus.FORBIDDEN)


def too_many(request: HttpRequest) -> HttpResponse:
    return _page("website/429.html", HTTPStatus.TOO_MANY_REQUESTS)


def away(request: HttpRequest) -> HttpResponse:
    """The database does not answer. Programs that can wait are asked to come again."""
    answer = _page("website/503.html", HTTPStatus.SERVICE_UNAVAILABLE)
    answer["Retry-After"] = "120"
    return answer


def _page(template: str, status: HTTPStatus) -> HttpResponse:
    return HttpResponse(render_to_string(template), status=status)
