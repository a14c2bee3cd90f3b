"""Half-open connections to Redis: they stay, and everything sent over them is swallowed. New ones work.

So a network fails that drops packets without a word. A worker must notice by itself, and go on.
"""

import contextlib
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psutil

from tests.chaos import world
from tests.chaos.ground import Ground
from tests.chaos.stage import InVain, Stage, stage, wait_until
from tests.chaos.verdict import Verdict, conclude
from tests.chaos.workers import Crew

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


class PatientCrew(Crew):
    """The same processes, whose Celery has none of our time-outs; whoever ends the first crew ends these."""

    def __init__(self, crew: Crew) -> None:
        super().__init__(crew.folder, crew.environ)
        self.processes = crew.processes

    def start(self, name: str, *module_and_arguments: str, **environ: str) -> subprocess.Popen:
        return super().start(name, "tests.chaos.patient", *module_and_arguments, **environ)


@contextmanager
def behind_a_proxy(ground: Ground, seed: int) -> Iterator[tuple[Stage, Proxy]]:
    """A stage with readers, and the proxy between whoever is started and the broker."""
    proxy = Proxy(urlsplit(ground.redis_url).port)
    try:
        with stage(ground, NAME, seed, {"latency": (0.0, 0.001)}) as made:
            world.leads(MAILS)
            made.crew.environ["REDIS_URL"] = behind(proxy, ground.redis_url)
            yield made, proxy
    finally:
        proxy.close()


def go_deaf(made: Stage, proxy: Proxy, *, limit: float) -> Verdict:
    """Let everybody work once, then swallow what they hear: how long it takes until mail leaves again."""
    made.start_senders()
    send(made, "Before", within=LIMIT)
    wait_until(lambda: made.has_taken(MAILS), what="the mails before")
    listening = listeners(made, proxy)
    verdict = Verdict({"deaf connections": proxy.swallow(), "deaf processes": len(listening)})
    if listening != made.crew.processes.keys():
        raise InVain(f"only {sorted(listening)} had a connection that could go deaf")
    try:
        seconds = send(made, "After", within=limit)
    except InVain:
        verdict.violations.append(f"not consuming again after {limit:.0f} s")
    else:
        verdict.figures["consuming again after s"] = round(seconds)
    return verdict


def listeners(made: Stage, proxy: Proxy) -> set[str]:
    """Who holds a connection to the broker."""
    return {
        name
        for name, process in made.crew.processes.items()
        if any(one.raddr and one.raddr.port == proxy.port for one in psutil.Process(process.pid).net_connections("tcp"))
    }


def send(made: Stage, name: str, *, within: float) -> float:
    """Let a campaign go; returns how long it took until its first mail was taken, raises InVain."""
    so_far = len(made.accepted)
    world.campaign(made.owner, name=name, subject=name)
    return wait_until(lambda: made.has_taken(so_far + 1), within=within, what=f"the first mail of {name}")


def run(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    with behind_a_proxy(ground, seed) as (made, proxy):
        verdict = go_deaf(made, proxy, limit=LIMIT)
        if verdict.violations:
            return verdict
        wait_until(lambda: made.has_taken(2 * MAILS), what="the rest")
        return conclude(made, verdict, doubts_at_most=lambda: 0)


def control(ground: Ground, *, seed: int, quick: bool) -> Verdict:
    """The same crew at the same work, with the patience that Celery has by itself; it is given as long as ours."""
    with behind_a_proxy(ground, seed) as (made, proxy):
        made.crew = PatientCrew(made.crew)
        verdict = go_deaf(made, proxy, limit=LIMIT)
        ended = [name for name, process in made.crew.processes.items() if process.poll() is not None]
        if ended:
            raise InVain(f"{ended} ended, and so cannot have been deaf")
        return verdict
