"""The programs that make up the demo, and how one knows that each is really ready."""

import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from config.embedded.programs import Program
from config.env import BASE_DIR

QUEUES = ("tick", "transactional", "marketing")
HOST = "demo"
WITHOUT_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Place:
    """Where this demo lives: its folder, its two ports, and what its programs find in their environment."""

    directory: Path
    web_port: int
    smtp_port: int
    environ: dict[str, str]

    @property
    def web_url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"


def all_parts(place: Place) -> list[Program]:
    return [sink(place), web(place), *(worker(place, queue) for queue in QUEUES), beat(place)]


def sink(place: Place) -> Program:
    options = ("--port", str(place.smtp_port), "--directory", str(place.directory / "inbox"))
    is_ready = partial(_greets, place.smtp_port)
    return _python(place, "mail sink", ("config.demo.sink", *options), is_ready=is_ready)


def web(place: Place) -> Program:
    bind = ("--bind", f"127.0.0.1:{place.web_port}", "--no-control-socket", "--worker-class", "gthread")
    size = ("--workers", "1", "--threads", "8", "--graceful-timeout", "3")
    is_ready = partial(_says_ok, f"{place.web_url}/healthz")
    return _python(place, "web", ("gunicorn", "config.wsgi", *bind, *size), is_ready=is_ready)


def worker(place: Place, queue: str) -> Program:
    """Return the worker of one queue; senders run in the process that gets the signals (solo)."""
    return _python(place, f"{queue} worker", ("django", "worker", queue, "--name", f"{queue}@{HOST}"))


def beat(place: Place) -> Program:
    heartbeat = place.directory / "beat-heartbeat"
    options = ("--pidfile=", "--loglevel", "WARNING")
    return _python(place, "beat", ("celery", "--app", "config.celery", "beat", *options), is_ready=heartbeat.exists)


def roll_call(place: Place) -> Program:
    """Return the program that ends well once every worker has answered a ping."""
    workers = (f"{queue}@{HOST}" for queue in QUEUES)
    return _python(place, "roll call", ("config.demo.roll_call", *workers))


def prepare(place: Place, *, is_empty: bool) -> Program:
    """Return the program that brings the data up to date, and fills them the first time unless they stay empty."""
    return _python(place, "preparation", ("django", "prepare_demo", *(["--empty"] if is_empty else [])))


def _always() -> bool:
    return True


def _python(place: Place, name: str, command: tuple[str, ...], *, is_ready: Callable[[], bool] = _always) -> Program:
    return Program(
        name=name,
        command=(sys.executable, "-m", *command),
        log=place.directory / "log" / f"{name.replace(' ', '-')}.log",
        is_ready=is_ready,
        environ=place.environ,
        directory=BASE_DIR,
    )


def _greets(port: int) -> bool:
    """Return whether a mail server says 220 on this port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            return connection.recv(4).startswith(b"220")
    except OSError:
        return False


def _says_ok(url: str) -> bool:
    try:
        with WITHOUT_PROXY.open(url, timeout=5) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004
    except (urllib.error.URLError, OSError):
        return False
