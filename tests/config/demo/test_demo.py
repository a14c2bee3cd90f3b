"""The demo from outside: started, used, killed, started again."""

import os
import re
import shutil
import signal
import smtplib
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from tests import folders
from tests.config.deadlines import processes_of, wait_until
from tests.running_demo import RunningDemo

pytestmark = pytest.mark.slow

KEYS = {"web", "studio", "inbox", "staff_email", "staff_password", "database_url", "redis_url", "smtp"}
LETTER = b"From: a@clinic.example\r\nTo: b@reader.example\r\nSubject: Hello\r\n\r\nA line.\r\n"


@pytest.fixture
def running(open_directory: Path) -> Iterator[RunningDemo]:
    """One that has just begun to start."""
    running = RunningDemo(open_directory, "--empty")
    yield running
    if running.process.poll() is None:
        running.stop()


@pytest.fixture(scope="module")
def ready() -> Iterator[RunningDemo]:
    """One that runs, for who looks at it first and who stops it then: a start costs a dozen seconds."""
    directory = folders.fresh()
    running = RunningDemo(directory, "--empty")
    try:
        running.wait_until_ready()
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()
        shutil.rmtree(directory)


def others(running: RunningDemo) -> dict[int, list[str]]:
    return {pid: words for pid, words in processes_of(running.directory).items() if pid != running.process.pid}


def pid_of(running: RunningDemo, queue: str) -> int:
    return next(pid for pid, words in others(running).items() if "worker" in words and queue in words)


def ask(running: RunningDemo, question: str) -> list[tuple]:
    with psycopg.connect(running.facts["database_url"], autocommit=True) as connection:
        cursor = connection.execute(question)
        return cursor.fetchall() if cursor.description else []


def test_everything_is_ready_when_it_says_so(ready: RunningDemo) -> None:
    facts = ready.facts

    assert facts.keys() == KEYS
    assert (ready.directory / "demo.json").stat().st_mode & 0o777 == 0o600
    assert re.findall(r"http://\S+", ready.said) == [facts["web"], facts["studio"], facts["inbox"]]
    assert facts["staff_password"] in ready.said
    for page in ("web", "studio"):
        with urllib.request.urlopen(facts[page]) as answer:  # noqa: S310
            assert answer.status == 200
    _a_mail_is_kept(ready)
    _a_second_one_is_refused(ready)
    _who_dies_is_started_again(ready)


def _a_mail_is_kept(running: RunningDemo) -> None:
    host, port = running.facts["smtp"].split(":")
    before = set((running.directory / "inbox").glob("*.eml"))
    with smtplib.SMTP(host, int(port)) as connection:
        connection.sendmail("a@clinic.example", ["b@reader.example"], LETTER)

    new = set((running.directory / "inbox").glob("*.eml")) - before
    assert any(path.read_bytes().endswith(LETTER) for path in new)


def _a_second_one_is_refused(running: RunningDemo) -> None:
    second = RunningDemo(running.directory)

    assert second.process.wait(60) == 1
    assert second.said == f"The demo is running already at {running.facts['web']}: stop it first.\n"


def _who_dies_is_started_again(running: RunningDemo) -> None:
    old = pid_of(running, "marketing")

    os.kill(old, signal.SIGKILL)

    wait_until(lambda: "marketing worker ended (-9); it starts again in 0.5 s." in running.said)
    wait_until(lambda: any("worker" in words and "marketing" in words for words in others(running).values()))
    assert pid_of(running, "marketing") != old


def test_stop_start_kill_start_keeps_the_data_and_leaves_nothing(ready: RunningDemo) -> None:
    ask(ready, "CREATE TABLE kept AS SELECT 7 AS number")
    password = ready.facts["staff_password"]

    assert ready.stop(signal.SIGTERM) == 0
    assert others(ready) == {}
    assert not (ready.directory / "demo.json").exists()

    warm = RunningDemo(ready.directory)
    warm.wait_until_ready()
    assert ask(warm, "SELECT number FROM kept") == [(7,)]
    assert warm.facts["staff_password"] == password
    warm.stop(signal.SIGKILL)

    again = RunningDemo(ready.directory)
    again.wait_until_ready()
    assert ask(again, "SELECT number FROM kept") == [(7,)]
    assert again.stop(signal.SIGINT) == 0
    assert others(again) == {}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a leash; elsewhere the next start stops them")
def test_a_killed_demo_takes_its_processes_along(running: RunningDemo) -> None:
    wait_until(lambda: len(others(running)) >= 2)

    running.stop(signal.SIGKILL)

    wait_until(lambda: others(running) == {})


def test_ctrl_c_while_it_starts_leaves_nothing(running: RunningDemo) -> None:
    wait_until(lambda: "Preparing the data." in running.said)

    assert running.stop(signal.SIGINT) == 0

    assert others(running) == {}
    assert psutil.pid_exists(running.process.pid) is False
