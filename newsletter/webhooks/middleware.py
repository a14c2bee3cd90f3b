"""A provider that is not set up has no webhooks here: a stranger's request to them is nobody's error.

Anymail routes every provider that it knows, and raises for those whose keys are missing. Nor is it ours when a
stranger sends what anymail's own reading trips over. What goes wrong in our receivers stays an error: they try again.
"""

import logging
from collections.abc import Callable, Iterator
from email.errors import MessageError
from types import TracebackType

from anymail.exceptions import AnymailConfigurationError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseNotFound

from newsletter.webhooks import size

logger = logging.getLogger(__name__)
MISREAD = (AttributeError, KeyError, IndexError, TypeError, ValueError, LookupError, MessageError)
OURS = ("newsletter.", "leads.")


class UnusedProvidersMiddleware:
    """Answer 404 instead, with a line in the log for whoever is setting that provider up; let large answers in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        size.read_whole(request)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, AnymailConfigurationError):
            logger.warning("%s was asked for, and is not set up: %s", request.path, exception)
            return HttpResponseNotFound()
        if isinstance(exception, MISREAD) and _is_anymails(exception):
            logger.warning("%s was sent what no provider sends: %s", request.path, exception)
            return HttpResponseBadRequest()
        return None


def _is_anymails(exception: Exception) -> bool:
    """Whether its reading tripped, itself or in a library that it asked, before any of our code was called."""
    modules = list(_modules(exception.__traceback__))
    read_by = [place for place, name in enumerate(modules) if name.startswith("anymail.")]
    return bool(read_by) and not any(name.startswith(OURS) for name in modules[read_by[-1] :])


def _modules(traceback: TracebackType | None) -> Iterator[str]:
    """The modules that were at work, the one that tripped last."""
    while traceback is not None:
        yield str(traceback.tb_frame.f_globals.get("__name__", ""))
        traceback = traceback.tb_next
