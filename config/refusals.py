"""What is said to a form that is not let past the check against forgery: to staff otherwise than to visitors."""

from django.http import HttpRequest, HttpResponse

from studio import middleware as studio
from website import errors as website


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF failure view."""
    if request.path_info.startswith(studio.PREFIX):
        return studio.refused(request)
    return website.refused(request, reason)
