"""Follow one link as a reader would, and say whether it lives. Nothing is kept of what is read.

HEAD, then GET where HEAD is not liked; at most five redirects, each looked at as the first address was; five seconds
to connect and ten for everything, after which the connection is cut. Only https, only the usual port, only addresses
that anybody could reach, and only the address that was looked at: the name is not resolved a second time.
"""

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse, HTTPSConnection
from socket import SHUT_RDWR, create_connection, socket
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from django.conf import settings

from newsletter.liveness import outside
from newsletter.liveness.models import Verdict
from newsletter.liveness.outside import NoSuchName, NotOutside, Web

CONNECT_SECONDS, SECONDS = 5.0, 10.0
REDIRECTS = 5
READ = 1024
MOVED = frozenset({301, 302, 303, 307, 308})
GONE = frozenset({404, 410})
FINE = range(200, 400)
ROBOTS = frozenset({401, 403, 405, 406, 429, 503})
ENDED = (ssl.SSLEOFError, ssl.SSLZeroReturnError)
AS_WRITTEN = "%/?:@!$&'()*+,;=~"


@dataclass(frozen=True)
class Seen:
    """What a look at a link showed; `reason` is one of the words of `wording.WHY`."""

    verdict: Verdict
    reason: str = ""
    status: int | None = None


def look(url: str, *, web: Web, seconds: float = SECONDS) -> Seen:
    """Whether this link lives. Answers within `seconds`, but for a name server that hangs."""
    until = time.monotonic() + seconds
    try:
        return _follow(url, web, until)
    except NotOutside as refusal:
        return Seen(Verdict.DEAD, refusal.reason)
    except (OSError, HTTPException, ValueError) as error:
        return _failed(error, is_late=time.monotonic() >= until)


def _failed(error: Exception, *, is_late: bool) -> Seen:
    """A name that is none and a certificate that is not valid are certain; a silence may be anybody's."""
    if isinstance(error, NoSuchName):
        return Seen(Verdict.DEAD, "no_such_name")
    if isinstance(error, ssl.SSLError) and not isinstance(error, ENDED) and not is_late:
        return Seen(Verdict.DEAD, "certificate")
    return Seen(Verdict.UNCLEAR, "silent")


def _follow(url: str, web: Web, until: float) -> Seen:
    for hop in range(REDIRECTS + 1):
        if hop and urlsplit(url).scheme != "https":
            return Seen(Verdict.UNCLEAR, "insecure_redirect")
        status, location = _ask(url, web, until)
        if status not in MOVED or not location:
            return _judged(status)
        url = urljoin(url, location.strip())
    return Seen(Verdict.DEAD, "redirects")


def _ask(url: str, web: Web, until: float) -> tuple[int, str]:
    """The status and where it leads on; asked again with GET where HEAD was not answered as a reader would be."""
    parts = outside.parts(url)
    address = web.address(parts)
    status, location = _answer("HEAD", parts, address, web, until)
    return (status, location) if status in FINE else _answer("GET", parts, address, web, until)


def _answer(method: str, parts: SplitResult, address: str, web: Web, until: float) -> tuple[int, str]:
    with _connected(outside.name(parts), address, web, until) as connection:
        path = quote(parts.path or "/", AS_WRITTEN) + (f"?{quote(parts.query, AS_WRITTEN)}" if parts.query else "")
        connection.request(method, path, headers={"User-Agent": _agent(), "Accept": "*/*"})
        response: HTTPResponse = connection.getresponse()
        if method == "GET":
            response.read(READ)
        if time.monotonic() >= until:
            raise TimeoutError  # cut off: what came so far only looks like an answer
        return response.status, response.headers.get("Location", "")


@contextmanager
def _connected(host: str, address: str, web: Web, until: float) -> Iterator[HTTPSConnection]:
    """A connection to this very address that is cut when the time is over, whatever the other side drips."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    raw = create_connection((address, web.port), timeout=min(CONNECT_SECONDS, left))
    with web.context.wrap_socket(raw, server_hostname=host, do_handshake_on_connect=False) as secured:
        cut = threading.Timer(left, _cut, [secured])
        cut.daemon = True
        cut.start()
        try:
            secured.do_handshake()
            connection = HTTPSConnection(host)
            connection.sock = secured
            yield connection
        finally:
            cut.cancel()


def _cut(secured: socket) -> None:
    """Below TLS, which is another thread's at this moment."""
    with suppress(OSError):
        socket.shutdown(secured, SHUT_RDWR)


def _judged(status: int) -> Seen:
    if status in FINE:
        return Seen(Verdict.ALIVE, "", status)
    if status in GONE:
        return Seen(Verdict.DEAD, "gone", status)
    return Seen(Verdict.UNCLEAR, "robots" if status in ROBOTS else "trouble", status)


def _agent() -> str:
    return f"Meridian link check (+{settings.PUBLIC_URL})"
