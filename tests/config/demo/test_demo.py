"""The demo from outside: started, used, killed, started again."""

import os
import re
import signal
import smtplib
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.config.deadlines import processes_of, wait_until
from tests.running_demo import RunningDemo

pytestmark = pytest.mark.slow

KEYS = {"web", "studio", "inbox", "staff_email", "staff_password", "database_url", "redis_url", "smtp"}
LETTER = b"From: a@clinic.example\r\nTo: b@reader.example\r\nSubject: Hello\r\n\r\nA line.\r\n"


@pytest.fixture
def demo(open_directory: Path) -> Iterator[RunningDemo]:
    running = RunningDemo(open_directory)
    yield running
    if running.process.poll() is None:
        running.stop()


def others(demo: RunningDemo) -> dict[int, list[str]]:
    return {pid: words for pid, words in processes_of(demo.directory).items() if pid != demo.process.pid}


def pid_of(demo: RunningDemo, queue: str) -> int:
    return next(pid for pid, words in others(demo).items() if "worker" in words and queue in words)


def ask(demo: RunningDemo, question: str) -> list[tuple]:
    with psycopg.connect(demo.facts["database_url"], autocommit=True) as connection:
        cursor = connection.execute(question)
        return cursor.fetchall() if cursor.description else []


def test_everything_is_ready_when_it_says_so(demo: RunningDemo) -> None:
    demo.wait_until_ready()
    facts = demo.facts

    assert facts.keys() == KEYS
    assert (demo.directory / "demo.json").stat().st_mode & 0o777 == 0o600
    assert re.findall(r"http://\S+", demo.said) == [facts["web"], facts["studio"], facts["inbox"]]
    assert facts["staff_password"] in demo.said
    for page in ("web", "studio"):
        with urllib.request.urlopen(facts[page]) as answer:  # noqa: S310
            assert answer.status == 200
    _a_mail_is_kept(demo)
    _a_second_one_is_refused(demo)
    _who_dies_is_started_again(demo)


def _a_mail_is_kept(demo: RunningDemo) -> None:
    host, port = demo.facts["smtp"].split(":")
    before = set((demo.directory / "inbox").glob("*.eml"))
    with smtplib.SMTP(host, int(port)) as connection:
        connection.sendmail("a@clinic.example", ["b@reader.example"], LETTER)

    new = set((demo.directory / "inbox").glob("*.eml")) - before
    assert any(path.read_bytes().endswith(LETTER) for path in new)


def _a_second_one_is_refused(demo: RunningDemo) -> None:
    second = RunningDemo(demo.directory)

    assert second.process.wait(30) == 1
    assert second.said == f"The demo is running already at {demo.facts['web']}: stop it first.\n"


def _who_dies_is_started_again(demo: RunningDemo) -> None:
    old = pid_of(demo, "marketing")

    os.kill(old, signal.SIGKILL)

    wait_until(lambda: "marketing worker ended (-9); it starts again in 0.5 s." in demo.said)
    wait_until(lambda: any("worker" in words and "marketing" in words for words in others(demo).values()))
    assert pid_of(demo, "marketing") != old


def test_stop_start_kill_start_keeps_the_data_and_leaves_nothing(demo: RunningDemo) -> None:
    demo.wait_until_ready()
    ask(demo, "CREATE TABLE kept AS SELECT 7 AS number")
    password = demo.facts["staff_password"]

    assert demo.stop(signal.SIGTERM) == 0
    assert others(demo) == {}
    assert not (demo.directory / "demo.json").exists()

    warm = RunningDemo(demo.directory)
    warm.wait_until_ready()
    assert ask(warm, "SELECT number FROM kept") == [(7,)]
    assert warm.facts["staff_password"] == password
    warm.stop(signal.SIGKILL)

    again = RunningDemo(demo.directory)
    again.wait_until_ready()
    assert ask(again, "SELECT number FROM kept") == [(7,)]
    assert again.stop(signal.SIGINT) == 0
    assert others(again) == {}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a leash; elsewhere the next start stops them")
def test_a_killed_demo_takes_its_processes_along(demo: RunningDemo) -> None:
    wait_until(lambda: len(others(demo)) >= 2)

    demo.stop(signal.SIGKILL)

    wait_until(lambda: others(demo) == {})


def test_ctrl_c_while_it_starts_leaves_nothing(demo: RunningDemo) -> None:
    wait_until(lambda: "Preparing the data." in demo.said)

    assert demo.stop(signal.SIGINT) == 0

    assert others(demo) == {}
    assert psutil.pid_exists(demo.process.pid) is False
