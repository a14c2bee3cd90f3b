"""Whatever has no page. Django has a page of its own for that where DEBUG is set, which no reader should see."""

from django.http import HttpRequest, HttpResponse

from website import access, errors


@access.one_click
def missing(request: HttpRequest, rest: str) -> HttpResponse:
    return errors.not_found(request)
