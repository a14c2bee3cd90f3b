"""A load generator for one web server: a closed loop over kept-alive connections, every answer looked at.

    python -m tests.bench.endpoints_load PORT CONNECTIONS < requests

Standard input holds one request a line, "METHOD PATH"; each is made exactly once, so that what the server wrote down
can be counted against what it answered. A connection asks for the next as soon as it has its answer. One line of
JSON comes out: how many answers had which status, in which time, and how long single ones took.
"""

import json
import selectors
import socket
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
HEADERS = (
    f"Host: 127.0.0.1\r\nUser-Agent: {AGENT}\r\nAccept: text/html,application/xhtml+xml\r\nAccept-Language: en\r\n"
    "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n"
)
ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(ONE_CLICK)}\r\n\r\n{ONE_CLICK}"
PATIENCE = 30.0


@dataclass
class Tally:
    """What came back, so far."""

    statuses: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)

    def note(self, head: bytes, began: float) -> None:
        self.waits.append(time.perf_counter() - began)
        self.statuses[head[9:12].decode()] += 1

    def percentile(self, share: float) -> float:
        """In milliseconds."""
        ordered = sorted(self.waits)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1e3


class Visitor:
    """One kept-alive connection."""

    def __init__(self, port: int, requests: list[bytes], tally: Tally) -> None:
        self._port, self._requests, self._tally = port, requests, tally
        self._received = b""
        self.socket = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self) -> bool:
        """Make the next request; False when there is none."""
        if not self._requests:
            return False
        self._began = time.perf_counter()
        self.socket.sendall(self._requests.pop())
        return True

    def hear(self) -> bool:
        """Take in what came; True when that completes an answer."""
        self._received += self.socket.recv(65536)
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return False
        self._tally.note(head, self._began)
        self._received = b""
        return True


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def run(port: int, connections: int, requests: list[bytes]) -> dict[str, object]:
    """Make every request once and say how it went."""
    tally = Tally()
    selector = selectors.DefaultSelector()
    visitors = [Visitor(port, requests, tally) for _ in range(connections)]
    started, cpu = time.perf_counter(), time.process_time()
    for visitor in visitors:
        if visitor.ask():
            selector.register(visitor.socket, selectors.EVENT_READ, visitor)
    while selector.get_map():
        for key, _ in selector.select(PATIENCE):
            if key.data.hear() and not key.data.ask():
                selector.unregister(key.fileobj)
    seconds = time.perf_counter() - started
    return {
        "statuses": dict(tally.statuses),
        "seconds": seconds,
        "cpu_seconds": time.process_time() - cpu,
        "p50_ms": tally.percentile(0.5),
        "p99_ms": tally.percentile(0.99),
        "max_ms": tally.percentile(1.0),
    }


def encoded(line: str) -> bytes:
    method, path = line.split()
    return f"{method} {path} HTTP/1.1\r\n{HEADERS}{FORM if method == 'POST' else chr(13) + chr(10)}".encode()


if __name__ == "__main__":
    wanted = [encoded(line) for line in sys.stdin]
    wanted.reverse()
    sys.stdout.write(json.dumps(run(int(sys.argv[1]), int(sys.argv[2]), wanted)) + "\n")
