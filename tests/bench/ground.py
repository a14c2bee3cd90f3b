"""Where the cases run: servers, settings and a folder of this run's own, as in production.

PostgreSQL comes from its wheel and is started durable: fsync and synchronous_commit are on. DEBUG is off, so that
nothing remembers its queries. The folder lies under var/bench, on the disk that the project lies on.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import django
import psutil
from django.core.management import call_command
from django.db import connection

from config.embedded import servers
from config.embedded.servers import Servers
from config.env import VARIABLES

KEPT = Path(__file__).resolve().parents[2] / "var" / "bench"
"""What outlives a run: fetched tools and the lines of every run."""


@dataclass(frozen=True)
class Ground:
    """What a case may use. `quick` asks for small numbers, to see whether it works at all."""

    folder: Path
    servers: Servers
    quick: bool = False

    def number(self, full: int, quick: int) -> int:
        return quick if self.quick else full

    def environment(self, **variables: str) -> dict[str, str]:
        """For a process of ours: this run's servers and secrets, and these variables besides."""
        return {**os.environ, **variables}


@contextmanager
def prepared(*, quick: bool, durable: bool = True) -> Iterator[Ground]:
    """Start both servers, wire Django to them and make the tables; stop everything and clear it away at the end."""
    KEPT.mkdir(parents=True, exist_ok=True)
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=f"run-{os.getpid()}-", dir=KEPT))
    folder.chmod(0o711)
    running = servers.start(folder, environ={}, durable=durable)
    try:
        _wire(folder, running)
        yield Ground(folder, running, quick)
    finally:
        connection.close()
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)


def afresh[Found](run: Callable[[], Found]) -> Found:
    """Carry this out where nobody has been mailed: what the cases before have planned and sent is gone."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE newsletter_delivery, newsletter_outcome, newsletter_chunk, newsletter_later")
    return run()


def _sweep() -> None:
    """Remove what runs that were killed have left behind."""
    for folder in KEPT.glob("run-*-*"):
        if not psutil.pid_exists(int(folder.name.split("-")[1])):
            shutil.rmtree(folder, ignore_errors=True)


def _wire(folder: Path, running: Servers) -> None:
    for name in VARIABLES:
        os.environ.pop(name, None)
    os.environ.update(
        DJANGO_SETTINGS_MODULE="config.settings",
        VAR_DIR=str(folder),
        DATABASE_URL=running.database_url,
        REDIS_URL=running.redis_url,
        PUBLIC_URL="http://127.0.0.1:8000",
        SMTP_HOST="127.0.0.1",
        SMTP_SECURITY="none",
        LOG_LEVEL="WARNING",
        SECRET_KEY=secrets.token_hex(32),
        LINK_KEYS=f"1:{secrets.token_hex(32)}",
        ADDRESS_PEPPER=secrets.token_hex(32),
        ANYMAIL_WEBHOOK_SECRET=f"meridian:{secrets.token_hex(16)}",
    )
    django.setup()
    call_command("migrate", verbosity=0)
