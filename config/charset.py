"""We speak UTF-8, whatever charset a request claims.

Django decodes a request's form and query with any codec that Python has. Some of those (rot13, idna) are no
charsets, and break before any of our code or Django's own error handling runs; so the claim is taken off first.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

BOUNDARY = re.compile(r";\s*boundary\s*=\s*(\"[^\"]*\"|[^;]*)", re.IGNORECASE)

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Utf8:
    """A WSGI application whose requests claim no charset."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        claimed = environ.get("CONTENT_TYPE", "")
        if "charset" in claimed.lower():
            boundary = BOUNDARY.search(claimed)
            environ["CONTENT_TYPE"] = claimed.partition(";")[0] + (boundary.group() if boundary else "")
        return self.application(environ, start_response)
