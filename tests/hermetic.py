"""A PostgreSQL and a Valkey of this test run's own, up before Django reads its settings.

Nothing is shared with another run, with the demo, or with the machine: data, journal and secrets lie in a
fresh folder that goes when the run ends. A server that the environment names is used instead of ours.
"""

import atexit
import os
import shutil

import psycopg

from config.embedded import servers
from config.embedded.servers import Servers
from config.env import VARIABLES
from tests import folders


def start() -> Servers:
    """Start what is missing and put it into the environment, where settings and child processes find it."""
    folders.sweep()
    directory = folders.fresh()
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    (directory / "static").mkdir()
    for name in VARIABLES.keys() - {"DATABASE_URL", "REDIS_URL"}:
        os.environ.pop(name, None)
    is_ours = "DATABASE_URL" not in os.environ
    running = servers.start(directory, environ=os.environ, durable=False)
    atexit.register(running.stop)
    if is_ours:
        _sweep_nothing(running.database_url)
    os.environ.update(
        DEBUG="1",
        LINK_CHECKS="off",
        VAR_DIR=str(directory),
        DATABASE_URL=running.database_url,
        REDIS_URL=running.redis_url,
        DJANGO_SETTINGS_MODULE="config.settings",
    )
    return running


def _sweep_nothing(url: str) -> None:
    """Between two tests all tables are empty. A sweep at that moment would have each question planned for no rows:
    the demo's thousands then take minutes, now and then, and on a slow machine more often."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET autovacuum = off")
        connection.execute("SELECT pg_reload_conf()")
