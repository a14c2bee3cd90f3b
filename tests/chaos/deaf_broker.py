"""Half-open connections to Redis: they stay, and everything sent over them is swallowed. New ones work.

So a network fails that drops packets without a word. A worker must notice by itself, and go on.
"""

import contextlib
import socket
import threading
import time
from urllib.parse import urlsplit

import redis

from tests.chaos import world
from tests.chaos.ground import Ground
from tests.chaos.stage import Stage, stage, wait_until
from tests.chaos.verdict import Verdict, conclude

NAME = "deaf_broker"
ABOUT = "every connection to Valkey goes deaf at once"
LIMIT = 180.0
MAILS = 200


class Proxy:
    """Passes bytes on between whoever connects and the broker, until it is told to swallow what is open then."""

    def __init__(self, upstream: int) -> None:
        self._upstream = upstream
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._lines: list[tuple[threading.Event, socket.socket, socket.socket]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def swallow(self) -> int:
        """From now on every connection that is open is deaf; returns how many."""
        for is_deaf, _, _ in self._lines:
            is_deaf.set()
        return len(self._lines)

    def close(self) -> None:
        for one in (self._listener, *(side for line in self._lines for side in line[1:])):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far, is_deaf = socket.create_connection(("127.0.0.1", self._upstream)), threading.Event()
                self._lines.append((is_deaf, near, far))
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._pump, args=(source, target, is_deaf), daemon=True).start()

    def _pump(self, source, target, is_deaf):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if not is_deaf.is_set():
                    target.sendall(data)
        if not is_deaf.is_set():
            with contextlib.suppress(OSError):
                target.shutdown(socket.SHUT_WR)


def behind(proxy: Proxy, url: str) -> str:
    return url.replace(f":{urlsplit(url).port}/", f":{proxy.port}/")


def run(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    proxy = Proxy(urlsplit(ground.redis_url).port)
    try:
        with stage(ground, NAME, seed, {"latency": (0.0, 0.001)}) as made:
            world.leads(MAILS)
            made.start_senders(REDIS_URL=behind(proxy, ground.redis_url))
            send_one(made, "Before")
            deaf = proxy.swallow()
            seconds = send_one(made, "After")
            verdict = Verdict({"deaf connections": deaf, "consuming again after s": round(seconds)})
            verdict.must(deaf > 0, "no connection was open")
            verdict.must(seconds < LIMIT, f"consuming again only after {seconds:.0f} s")
            return conclude(made, verdict, doubts_at_most=lambda: 0)
    finally:
        proxy.close()


def send_one(made: Stage, name: str) -> float:
    """Let a campaign go; returns how long it took until its first mail was taken."""
    so_far = len(made.sink.accepted)
    world.campaign(made.owner, name=name, subject=name)
    seconds = wait_until(lambda: made.has_taken(so_far + 1), within=2 * LIMIT, what="the first mail")
    wait_until(lambda: made.has_taken(so_far + MAILS), what="the rest")
    return seconds


def control(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    """A consumer that waits for the broker without any limit, given as long as ours; a short run looks for a moment."""
    proxy = Proxy(urlsplit(ground.redis_url).port)
    heard = threading.Event()
    consumer = redis.Redis.from_url(behind(proxy, ground.redis_url), socket_timeout=None)

    def listen() -> None:
        with contextlib.suppress(redis.RedisError):
            consumer.blpop("naive-bell")
            heard.set()

    threading.Thread(target=listen, daemon=True).start()
    try:
        with redis.Redis.from_url(ground.redis_url) as client:
            wait_until(lambda: any("blpop" in str(one["cmd"]) for one in client.client_list()), what="the consumer")
            proxy.swallow()
            client.rpush("naive-bell", "x")
            limit = 5.0 if quick else LIMIT
            began = time.monotonic()
            heard.wait(limit)
        verdict = Verdict({"waited s": round(time.monotonic() - began)})
        verdict.must(heard.is_set(), "it hears nothing any more")
        return verdict
    finally:
        proxy.close()
