"""A backup of a running installation, loaded into another server: a copy that mails nobody until somebody says so."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

from clinic.clock import database_now
from config.embedded import account, binaries, servers
from newsletter.deliveries.models import Lane
from tests import folders
from tests.chaos.arena import Arena, arena, environment, real_sender, wait_for
from tests.newsletter.deliveries import world

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

MAILS = 30
TO_COME = "to-come@example.org"
RELEASE_AND_GO_ON = """
import django
from django.core.management import call_command
django.setup()
call_command("release", "--yes")

from clinic.clock import database_now
from newsletter.deliveries.models import Chunk
Chunk.objects.filter(done=False, mark=0).update(due_at=database_now())
call_command("send", "--drain")
"""
"""Tomorrow comes at once: what is due then leaves, what was overdue at the release does not."""


@pytest.fixture
def elsewhere(redis_url: str) -> Iterator[str]:
    """The address of another PostgreSQL, new and empty."""
    directory = folders.fresh()
    running = servers.start(directory, environ={"REDIS_URL": redis_url}, durable=False)
    yield running.database_url
    running.stop()
    shutil.rmtree(directory)


def tool(name: str, *arguments: str) -> None:
    program = binaries.postgres(account.unprivileged()) / name
    subprocess.run([program, *arguments], check=True, capture_output=True, text=True)


def ask(url: str, question: LiteralString) -> list[tuple]:
    with psycopg.connect(url) as asked:
        return asked.execute(question).fetchall()


def backed_up_while_it_sends(made: Arena, file: Path) -> None:
    """Dumped when some have left and some have not; then the rest leaves, which no backup knows."""
    sender = made.start()
    wait_for(lambda: made.has_handed_over(MAILS // 3))
    database = environment(made.sink.port, made.folder)["DATABASE_URL"]
    tool("pg_dump", "--format=custom", f"--file={file}", f"--dbname={database}")
    assert sender.wait(60) == 0


def test_a_backup_that_is_restored_elsewhere_mails_nobody_until_it_is_released_and_then_nobody_twice(
    tmp_path: Path, elsewhere: str
):
    world.open_clinic()
    world.plan(world.leads(MAILS))
    world.plan([world.lead("newcomer")], owner=8, lane=Lane.TRANSACTIONAL)
    world.plan([world.lead("to-come")], owner=9, due_at=database_now() + timedelta(days=1))

    with arena(tmp_path, real_sender(), window=5, latency=[0.02, 0.03]) as made:
        backed_up_while_it_sends(made, tmp_path / "backup")
        tool("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={elsewhere}", str(tmp_path / "backup"))
        (tmp_path / "copy").mkdir()
        environ = environment(made.sink.port, tmp_path / "copy") | {"DATABASE_URL": elsewhere}

        known = ask(elsewhere, "SELECT count(*) FROM newsletter_outcome")
        subprocess.run([sys.executable, "manage.py", "send", "--drain"], env=environ, check=True)
        mailed_before = made.accepted()

        subprocess.run([sys.executable, "-c", RELEASE_AND_GO_ON], env=environ, check=True)
        mailed_after = made.accepted()

    assert known < [(MAILS,)]
    held = ask(elsewhere, "SELECT cause, scope, released_at IS NOT NULL FROM newsletter_hold")
    assert held == [("moved", "all", True)]
    assert (len(mailed_before), set(mailed_before.values())) == (MAILS, {1})
    assert mailed_after - mailed_before == {TO_COME: 1}
