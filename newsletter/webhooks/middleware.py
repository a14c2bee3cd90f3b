"""A provider that is not set up has no webhooks here: a stranger's request to them is nobody's error.

Anymail routes every provider that it knows, and raises for those whose keys are missing.
"""

import logging
from collections.abc import Callable

from anymail.exceptions import AnymailConfigurationError
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound

logger = logging.getLogger(__name__)


class UnusedProvidersMiddleware:
    """Answer 404 instead, with a line in the log for whoever is setting that provider up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, AnymailConfigurationError):
            return None
        logger.warning("%s was asked for, and is not set up: %s", request.path, exception)
        return HttpResponseNotFound()
