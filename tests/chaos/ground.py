"""What a run stands on: a PostgreSQL and a Valkey of its own that can be crashed, and a folder.

The long forms use a cluster with fsync on. Tests use the servers of the test run, which nobody may crash.
"""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.embedded import postgres, valkey
from config.embedded.programs import Program, Running
from config.embedded.unavailable import Unavailable
from config.env import VARIABLES
from tests import folders

PATIENCE = 60.0


@dataclass
class Server:
    """One server of ours, and how it dies."""

    program: Program
    url: str
    running: Running

    @classmethod
    def start(cls, program: Program, url: str) -> "Server":
        running = Running(program)
        running.wait_until_ready()
        return cls(program, url, running)

    def crash(self, how: signal.Signals) -> None:
        """End it at once, as a crash does, and start it again on the same data and port."""
        self.end(how)
        self.begin()

    def end(self, how: signal.Signals) -> None:
        os.kill(self.running.pid, how)
        deadline = time.monotonic() + PATIENCE
        while self.running.exit_code is None and time.monotonic() < deadline:
            time.sleep(0.01)
        self.running.stop()

    def begin(self) -> None:
        """Start it; what its children of before still hold is waited for."""
        deadline = time.monotonic() + PATIENCE
        while True:
            self.running = Running(self.program)
            try:
                return self.running.wait_until_ready()
            except Unavailable:
                self.running.stop()
                if time.monotonic() > deadline:
                    raise


@dataclass
class Ground:
    folder: Path
    redis_url: str
    database: Server | None = None
    broker: Server | None = None

    def room(self, name: str) -> Path:
        """An empty folder for one run."""
        made = self.folder / name
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir()
        return made


@contextmanager
def own(*, durable: bool = True) -> Iterator[Ground]:
    """Start both servers and tell the environment; Django may be set up inside."""
    folders.sweep()
    folder = folders.fresh()
    for name in VARIABLES:
        os.environ.pop(name, None)
    servers: list[Server] = []
    try:
        cluster = postgres.prepare(folder, durable=durable)
        servers.append(Server.start(cluster.program, cluster.url))
        servers.append(own_broker(folder))
        os.environ.update(
            DEBUG="1",
            VAR_DIR=str(folder),
            DATABASE_URL=servers[0].url,
            REDIS_URL=servers[1].url,
            DJANGO_SETTINGS_MODULE="config.settings",
            LOG_LEVEL="WARNING",
        )
        yield Ground(folder, servers[1].url, *servers)
    finally:
        for server in servers:
            server.running.stop()
        shutil.rmtree(folder, ignore_errors=True)


def own_broker(folder: Path) -> Server:
    made = valkey.prepare(folder)
    return Server.start(made.program, made.url)
