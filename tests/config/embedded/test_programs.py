"""Child processes: ready, stopped, and never left behind."""

import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from config.embedded.programs import Program, Running
from config.embedded.unavailable import Unavailable
from config.env import BASE_DIR
from tests.config.deadlines import wait_until

SLEEP = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + SLEEP


def program(log: Path, code: str, *, is_ready: Callable[[], bool] | None = None, patience: float = 10.0) -> Program:
    return Program(
        name="Sleeper",
        command=(sys.executable, "-c", code),
        log=log,
        is_ready=is_ready or (lambda: log.exists() and "up" in log.read_text()),
        patience=patience,
    )


def is_alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_it_runs_until_it_is_asked_to_stop(tmp_path: Path) -> None:
    running = Running(program(tmp_path / "log", SLEEP))
    running.wait_until_ready()
    assert running.exit_code is None

    running.stop()

    assert running.exit_code == -signal.SIGTERM


def test_whoever_does_not_listen_is_killed(tmp_path: Path) -> None:
    running = Running(program(tmp_path / "log", STUBBORN, patience=0.2))
    running.wait_until_ready()

    running.stop()

    assert running.exit_code == -signal.SIGKILL


def test_what_it_started_goes_with_it(tmp_path: Path) -> None:
    code = (
        f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {SLEEP!r}]).pid, flush=True);" + SLEEP
    )
    running = Running(program(tmp_path / "log", code))
    running.wait_until_ready()
    grandchild = int((tmp_path / "log").read_text().split()[0])

    running.stop()

    wait_until(lambda: not is_alive(grandchild))


def test_an_early_end_is_told_with_its_last_words(tmp_path: Path) -> None:
    running = Running(program(tmp_path / "log", "raise SystemExit('no room')", is_ready=lambda: False))

    with pytest.raises(Unavailable, match="Sleeper ended at once: no room"):
        running.wait_until_ready()

    running.stop()


def test_a_log_that_has_grown_long_makes_room(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(bytes(5_000_001))

    running = Running(program(tmp_path / "log", SLEEP))
    running.wait_until_ready()
    running.stop()

    assert ((tmp_path / "log").read_text(), (tmp_path / "log.old").stat().st_size) == ("up\n", 5_000_001)


def test_one_that_never_answers_is_given_up(tmp_path: Path) -> None:
    running = Running(program(tmp_path / "log", SLEEP, is_ready=lambda: False))

    with pytest.raises(Unavailable, match="Sleeper did not answer in 0 s"):
        running.wait_until_ready(within=0.1)

    running.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a leash; elsewhere the ledger stops survivors")
def test_it_ends_when_we_are_killed(tmp_path: Path) -> None:
    parent_code = textwrap.dedent(f"""
        import sys, time
        from pathlib import Path
        from config.embedded.programs import Program, Running
        log = Path({str(tmp_path / "log")!r})
        program = Program("Sleeper", (sys.executable, "-c", {SLEEP!r}), log=log, is_ready=lambda: True)
        Path({str(tmp_path / "pid")!r}).write_text(str(Running(program).pid))
        time.sleep(600)
    """)
    with subprocess.Popen([sys.executable, "-c", parent_code], cwd=BASE_DIR) as parent:
        try:
            wait_until(lambda: (tmp_path / "log").exists() and "up" in (tmp_path / "log").read_text())
            child = int((tmp_path / "pid").read_text())
            assert is_alive(child)
        finally:
            parent.kill()

    wait_until(lambda: not is_alive(child))
