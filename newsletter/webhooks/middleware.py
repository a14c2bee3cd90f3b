"""A provider that is not set up has no webhooks here: a stranger's request to them is nobody's error.

Anymail routes every provider that it knows, and raises for those whose keys are missing. Nor is it ours when a
stranger sends what anymail's own reading trips over. What goes wrong in our receivers stays an error: they try again.
"""

import logging
from collections.abc import Callable

from anymail.exceptions import AnymailConfigurationError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseNotFound

logger = logging.getLogger(__name__)
MISREAD = (AttributeError, KeyError, IndexError, TypeError, ValueError)


class UnusedProvidersMiddleware:
    """Answer 404 instead, with a line in the log for whoever is setting that provider up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, AnymailConfigurationError):
            logger.warning("%s was asked for, and is not set up: %s", request.path, exception)
            return HttpResponseNotFound()
        if isinstance(exception, MISREAD) and _raised_in(exception).startswith("anymail."):
            logger.warning("%s was sent what no provider sends: %s", request.path, exception)
            return HttpResponseBadRequest()
        return None


def _raised_in(exception: Exception) -> str:
    """The module whose code tripped."""
    traceback = exception.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return str(traceback.tb_frame.f_globals.get("__name__", "")) if traceback else ""
