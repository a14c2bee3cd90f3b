"""Both servers for whoever needs them: those that the environment names, else our own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.embedded import postgres, valkey
from config.embedded.postgres import Postgres
from config.embedded.programs import Running
from config.embedded.unavailable import Unavailable
from config.embedded.valkey import Valkey

ATTEMPTS = 3


@dataclass(frozen=True)
class Servers:
    """Where the servers are, and those of them that are ours to stop."""

    database_url: str
    redis_url: str
    ours: list[Running] = field(default_factory=list)

    def stop(self) -> None:
        for running in reversed(self.ours):
            running.stop()


def start(directory: Path, *, environ: Mapping[str, str], durable: bool = True) -> Servers:
    """Return when both answer. What was started before a failure is stopped again."""
    servers = Servers(environ.get("DATABASE_URL", ""), environ.get("REDIS_URL", ""))
    try:
        database_url = servers.database_url or _start(
            lambda: postgres.prepare(directory, durable=durable), servers.ours
        )
        redis_url = servers.redis_url or _start(lambda: valkey.prepare(directory), servers.ours)
    except BaseException:
        servers.stop()
        raise
    return Servers(database_url, redis_url, servers.ours)


def _start(prepare: Callable[[], Postgres | Valkey], ours: list[Running]) -> str:
    """Start a server and return its URL; try again on another port if somebody was faster."""
    for attempt in range(1, ATTEMPTS + 1):
        server = prepare()
        running = Running(server.program)
        try:
            running.wait_until_ready()
        except Unavailable:
            running.stop()
            if attempt == ATTEMPTS:
                raise
        except BaseException:
            running.stop()
            raise
        else:
            ours.append(running)
            return server.url
    raise AssertionError
