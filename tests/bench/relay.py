"""Who takes the mail: postfix's smtp-sink, or our own sink where only the harness itself is tried out."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from config.embedded import ports
from tests.bench import load, tools

SESSIONS = "1024"
PATIENCE = 10.0


class Relay:
    """A sink in a process of its own, and what it costs."""

    def __init__(self, command: list[str], environment: dict[str, str], port: int) -> None:
        self.port = port
        self._process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self._wait_until_it_listens()
        self._idle = load.tree_seconds(self._process.pid)

    def cpu_seconds(self) -> float:
        return load.tree_seconds(self._process.pid) - self._idle

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        self._process.communicate(timeout=PATIENCE)

    def _wait_until_it_listens(self) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            if self._process.poll() is not None or time.monotonic() > until:
                self._process.kill()
                raise RuntimeError(f"The sink does not listen: {self._process.communicate()[1].decode().strip()}")
            time.sleep(0.02)


@contextlib.contextmanager
def smtp_sink() -> Iterator[Relay]:
    port = ports.free_port()
    account = ["-u", "nobody"] if os.geteuid() == 0 else []
    yield from _until_done(
        Relay(tools.smtp("smtp-sink", *account, f"127.0.0.1:{port}", SESSIONS), tools.environment(), port)
    )


@contextlib.contextmanager
def own_sink(folder: Path) -> Iterator[Relay]:
    port = ports.free_port()
    files = ["--log", str(folder / f"sink-{port}.jsonl"), "--port-file", str(folder / f"sink-{port}.port")]
    command = [sys.executable, "-m", "tests.fakes.smtp_sink", "--no-fsync", "--port", str(port), *files]
    yield from _until_done(Relay(command, dict(os.environ), port))


def _until_done(relay: Relay) -> Iterator[Relay]:
    try:
        yield relay
    finally:
        relay.stop()
