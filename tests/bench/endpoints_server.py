"""The web server as in production: compose's own command, on one core, with static files, behind one proxy."""

import shlex
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import yaml

from config.embedded import ports
from tests.bench import load
from tests.bench.ground import Ground

COMPOSE = Path(__file__).parents[2] / "docker-compose.yml"
PATIENCE = 30.0
WEB_CORE, OTHER_CORE = 0, 1


@dataclass(frozen=True)
class Web:
    """A running server: its port, and what its processes cost."""

    port: int
    pid: int

    def cpu_seconds(self) -> float:
        return load.tree_seconds(self.pid)

    def peak_bytes(self) -> int:
        """The most memory that any one of its processes has had."""
        return max(_high_water(process.pid) for process in psutil.Process(self.pid).children(recursive=True))


@contextmanager
def web(ground: Ground) -> Iterator[Web]:
    """Start it pinned to a core of its own; everything else that is measured beside it belongs on the other."""
    port = ports.free_port()
    variables = {
        "PUBLIC_URL": "https://clinic.example",
        "PROXY_COUNT": "1",
        "ALLOWED_HOSTS": "127.0.0.1",
        "LOG_LEVEL": "INFO",
    }
    with (ground.folder / "web.log").open("ab") as log:
        process = subprocess.Popen(command(port), env=ground.environment(**variables), stdout=log, stderr=log)
    try:
        _wait_until_it_answers(process, port)
        yield Web(port, process.pid)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def command(port: int) -> list[str]:
    """What docker-compose.yml runs, on this port of loopback."""
    words = shlex.split(yaml.safe_load(COMPOSE.read_text())["services"]["web"]["command"])
    place = words.index("--bind") + 1
    words[place] = f"127.0.0.1:{port}"
    return on_core(WEB_CORE, [sys.executable, "-m", *words])


def on_core(core: int, command: list[str]) -> list[str]:
    """The command, kept to one core."""
    return ["taskset", "--cpu-list", str(core), *command]


def _wait_until_it_answers(process: subprocess.Popen, port: int) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=3):
                return
        except (urllib.error.URLError, OSError):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("The web server does not answer; see web.log.") from None
            time.sleep(0.05)


def _high_water(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
