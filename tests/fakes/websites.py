"""Websites for link checks: real HTTPS servers on this machine with certificates of an authority of their own.

127.0.0.3 stands for the public internet. 127.0.0.1, where this machine's own resolver leads, stands for what only this
network can reach, and must never be asked for anything: everything it gets is noted.
"""

import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from newsletter.liveness import outside
from newsletter.liveness.outside import NoSuchName, Web
from tests.interop.authority import Authority

FINE = 200
PUBLIC, PRIVATE = "127.0.0.3", "127.0.0.1"
NAME = "localhost"
TRIES = 20


@dataclass
class Site:
    """One server. `pages` says what a path answers: a status, and where it leads on; `takes` how many seconds later.

    `newest` is the newest TLS that it speaks; `most_at_once` how many were answered at the same time.
    """

    address: str
    port: int = 0
    pages: dict[str, tuple[int, str]] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    connections: int = 0
    takes: float = 0
    newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED
    most_at_once: int = 0
    under_way: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def answering(self) -> Iterator[None]:
        with self.lock:
            self.under_way += 1
            self.most_at_once = max(self.most_at_once, self.under_way)
        yield
        with self.lock:
            self.under_way -= 1


@dataclass
class Websites:
    authority: Authority
    public: Site
    private: Site
    names: dict[str, list[list[str]]] = field(default_factory=dict)
    resolved: list[str] = field(default_factory=list)

    def web(self, **fields: Any) -> Web:
        """The outside, with 127.0.0.3 taken for public and names of our own; all other rules are the real ones."""
        context = ssl.create_default_context(cafile=self.authority.file)
        rules = {"resolve": self.resolve, "is_public": _is_public, "port": self.public.port, "context": context}
        return Web(**{**rules, **fields})

    def resolve(self, host: str) -> list[str]:
        """A name server that may answer otherwise the next time."""
        self.resolved.append(host)
        if host == "nowhere.test":
            raise NoSuchName(2, host)
        answers = self.names.get(host)
        if answers is None:
            return outside.resolve(host)
        return answers.pop(0) if len(answers) > 1 else answers[0]


@contextmanager
def running(authority: Authority) -> Iterator[Websites]:
    """Both servers, on one port."""
    with ExitStack() as servers:
        public, private = _on_one_port(servers, authority.certificate("server"), authority.key("server"))
        made = Websites(authority, public, private)
        made.names[NAME] = [[PUBLIC]]
        yield made


def _on_one_port(servers: ExitStack, certificate: Path, key: Path) -> tuple[Site, Site]:
    """A port that is free on one address may be somebody's on the other: then another is tried."""
    for _ in range(TRIES):
        public = Site(PUBLIC)
        with ExitStack() as begun:
            begun.enter_context(_serving(public, certificate, key))
            private = Site(PRIVATE, public.port)
            with suppress(OSError):
                begun.enter_context(_serving(private, certificate, key))
                servers.push(begun.pop_all())
                return public, private
    raise OSError("No port is free on both addresses.")


@contextmanager
def showing(site: Site, certificate: Path, key: Path) -> Iterator[int]:
    """The same pages on another port, under this certificate."""
    other = Site(site.address, pages=site.pages)
    with _serving(other, certificate, key):
        yield other.port


@contextmanager
def _serving(site: Site, certificate: Path, key: Path) -> Iterator[None]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = _Server((site.address, site.port), _Pages)
    server.site, server.context = site, context
    site.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=[0.05], daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    site: Site
    context: ssl.SSLContext

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Every connection is noted before a word is said on it."""
        self.site.connections += 1
        self.context.maximum_version = self.site.newest
        try:
            secured = self.context.wrap_socket(request, server_side=True)
        except OSError:
            request.close()
            return
        super().process_request_thread(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever looks at a link hangs up when it has seen enough."""


class _Pages(BaseHTTPRequestHandler):
    server: _Server

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class has it
        pass

    def _answer(self) -> None:
        site = self.server.site
        site.asked.append((self.command, self.path, self.headers["Host"]))
        with site.answering():
            threading.Event().wait(site.takes)
        if self.path == "/drip":
            return self._drip()
        status, location = site.pages.get(f"{self.command} {self.path}") or site.pages.get(self.path, (404, ""))
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        is_flood = status == FINE and self.path == "/flood"
        self.send_header("Content-Length", str(2**40) if is_flood else "0")
        self.end_headers()
        while is_flood:
            self.wfile.write(b"x" * 65536)
        return None

    def _drip(self) -> None:
        """A byte at a time, for ever."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        while not threading.Event().wait(0.02):
            self.wfile.write(b"X")


def _is_public(address: str) -> bool:
    return address == PUBLIC or outside.is_public(address)
