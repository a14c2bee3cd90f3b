"""Real requests to a real web server: the one-click unsubscribe that mail programs send."""

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from config.embedded.ports import answers, free_port
from newsletter import tokens
from tests.chaos.stage import Stage, wait_until

BODY = b"List-Unsubscribe=One-Click"
HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Website:
    port: int

    def __post_init__(self):
        self._kept, self._lines = threading.local(), list[http.client.HTTPConnection]()

    def leave(self, delivery_id: int) -> float:
        """One click; returns the seconds it took to be answered."""
        began = time.monotonic()
        for _ in range(2):
            line = self._line()
            try:
                line.request("POST", f"/u/{tokens.sign(delivery_id)}", BODY, HEADERS)
                answer = line.getresponse()
                answer.read()
            except (http.client.HTTPException, OSError):  # a connection kept open that the server has closed
                line.close()
                self._kept.line = None
                continue
            assert answer.status == http.client.OK, answer.status
            return time.monotonic() - began
        raise ConnectionError("the website does not answer")

    def _line(self) -> http.client.HTTPConnection:
        line = getattr(self._kept, "line", None)
        if line is None:
            line = self._kept.line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            self._lines.append(line)
        return line

    def hang_up(self) -> None:
        for line in self._lines:
            line.close()


@contextmanager
def open_website(made: Stage, *, threads: int = 8) -> Iterator[Website]:
    port = free_port()
    made.crew.start(
        "web",
        *("gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--no-control-socket"),
        *("--worker-class", "gthread", "--workers", "1", "--threads", str(threads), "--keep-alive", "30"),
    )
    wait_until(lambda: answers(port), what="the website")
    website = Website(port)
    try:
        yield website
    finally:
        website.hang_up()
