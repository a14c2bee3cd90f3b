"""Follow one link as a reader would, and say whether it lives. Nothing is kept of what is read.

HEAD, then GET where HEAD is not liked; at most five redirects, each looked at as the first address was; five seconds
to connect and ten for everything, after which the connection is cut. Only https, only the usual port, only addresses
that anybody could reach, and only those that were looked at: the name is not resolved a second time.
"""

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException, HTTPSConnection
from socket import SHUT_RDWR, create_connection, socket
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from django.conf import settings

from newsletter.liveness import outside
from newsletter.liveness.models import Verdict
from newsletter.liveness.outside import HTTPS_PORT, NoSuchName, NotOutside, Web

CONNECT_SECONDS, SECONDS = 5.0, 10.0
REDIRECTS = 5
ADDRESSES = 3
"""So many of a name's addresses are tried."""
READ = 1024
MOVED = frozenset({301, 302, 303, 307, 308})
GONE = frozenset({404, 410})
FINE = range(200, 400)
ROBOTS = frozenset({401, 403, 405, 406, 429, 503})
NO_ISSUER = frozenset({20, 21})
"""OpenSSL's numbers for a chain that ends before somebody we know. Browsers look for the rest of it elsewhere."""
ENCODED = str.maketrans({" ": "%20", '"': "%22", "<": "%3C", ">": "%3E"})
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
    if isinstance(error, ssl.SSLCertVerificationError) and not is_late:
        return Seen(Verdict.UNCLEAR, "issuer") if error.verify_code in NO_ISSUER else Seen(Verdict.DEAD, "certificate")
    return Seen(Verdict.UNCLEAR, "silent")


def _follow(url: str, web: Web, until: float) -> Seen:
    for hop in range(REDIRECTS + 1):
        if hop and urlsplit(url).scheme != "https":
            return Seen(Verdict.UNCLEAR, "insecure_redirect")
        status, location = _ask(url, web, until)
        if status not in MOVED or not location:
            return _judged(status)
        url = urljoin(url, _written(location))
    return Seen(Verdict.DEAD, "redirects")


def _ask(url: str, web: Web, until: float) -> tuple[int, str]:
    """The status and where it leads on; asked again with GET where HEAD was not answered as a reader would be."""
    parts = outside.parts(url)
    addresses = web.addresses(parts)
    status, location = _answer("HEAD", parts, addresses, web, until)
    return (status, location) if status in FINE else _answer("GET", parts, addresses, web, until)


def _written(location: str) -> str:
    """Where a redirect leads, as browsers read it: raw UTF-8 as such, and what should have been encoded, encoded."""
    with suppress(UnicodeError):
        location = location.encode("latin-1").decode()
    return location.strip().translate(ENCODED)


def _answer(method: str, parts: SplitResult, addresses: list[str], web: Web, until: float) -> tuple[int, str]:
    with _connected(outside.name(parts), addresses, web, until) as connection:
        path = quote(parts.path or "/", AS_WRITTEN) + (f"?{quote(parts.query, AS_WRITTEN)}" if parts.query else "")
        connection.request(method, path, headers={"User-Agent": _agent(), "Accept": "*/*"})
        with closing(connection.getresponse()) as response:
            if method == "GET":
                response.read(READ)
            if time.monotonic() >= until:
                raise TimeoutError  # cut off: what came so far only looks like an answer
            return response.status, response.headers.get("Location", "")


@contextmanager
def _connected(host: str, addresses: list[str], web: Web, until: float) -> Iterator[HTTPSConnection]:
    """A connection to one of these very addresses that is cut when the time is over, whatever the other side drips."""
    raw = _reached(addresses, web.port, until)
    with web.context.wrap_socket(raw, server_hostname=host, do_handshake_on_connect=False) as secured:
        cut = threading.Timer(max(0, until - time.monotonic()), _cut, [secured])
        cut.daemon = True
        cut.start()
        try:
            secured.do_handshake()
            connection = HTTPSConnection(host, HTTPS_PORT)
            connection.sock = secured
            yield connection
        finally:
            cut.cancel()


def _reached(addresses: list[str], port: int, until: float) -> socket:
    """The first of these that lets us in; raises why the last one did not."""
    why: OSError = TimeoutError()
    for address in addresses[:ADDRESSES]:
        left = until - time.monotonic()
        if left <= 0:
            break
        try:
            return create_connection((address, port), timeout=min(CONNECT_SECONDS, left))
        except OSError as error:
            why = error
    raise why


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
