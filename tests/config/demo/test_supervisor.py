import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.demo import ledger
from config.demo.supervisor import Supervisor
from config.embedded.programs import Program
from config.embedded.unavailable import Unavailable
from tests.config.deadlines import wait_until


def program(directory: Path, code: str, *, name: str = "Sleeper") -> Program:
    return Program(name=name, command=(sys.executable, "-c", code), log=directory / name, is_ready=lambda: True)


SLEEP = "import time; time.sleep(600)"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, said: list[str]) -> Supervisor:
    return Supervisor(tmp_path / "pids", say=said.append)


def test_who_dies_starts_again_after_a_pause_that_doubles(
    supervisor: Supervisor, tmp_path: Path, said: list[str]
) -> None:
    supervisor.start(program(tmp_path, "raise SystemExit('no room')"))

    def has_died_twice() -> bool:
        supervisor.look_around()
        return len(said) == 2

    wait_until(has_died_twice)

    words = f"Its last words: no room ({tmp_path / 'Sleeper'})"
    assert said == [
        f"Sleeper ended (1); it starts again in 0.5 s. {words}",
        f"Sleeper ended (1); it starts again in 1 s. {words}",
    ]
    supervisor.stop()


def test_the_ledger_names_what_runs_and_goes_at_the_end(supervisor: Supervisor, tmp_path: Path) -> None:
    pids = [supervisor.start(program(tmp_path, SLEEP, name=name)).pid for name in ("one", "two", "three")]
    assert [entry["pid"] for entry in json.loads((tmp_path / "pids").read_text())] == pids

    supervisor.stop()

    assert not (tmp_path / "pids").exists()


def test_a_program_that_is_to_end_is_waited_for_and_forgotten(
    supervisor: Supervisor, tmp_path: Path, said: list[str]
) -> None:
    supervisor.finish(program(tmp_path, "print('done')"), within=10)

    supervisor.look_around()
    assert (said, json.loads((tmp_path / "pids").read_text())) == ([], [])


def test_a_bad_end_is_raised_with_its_last_words(supervisor: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="the data do not fit"):
        supervisor.finish(program(tmp_path, "raise SystemExit('the data do not fit')"), within=10)


def test_while_one_is_waited_for_no_other_may_die(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(program(tmp_path, "raise SystemExit('no room')", name="web"))

    with pytest.raises(Unavailable, match="web ended at once: no room"):
        supervisor.finish(program(tmp_path, SLEEP), within=10)

    supervisor.stop()


@pytest.fixture
def sleepers() -> Iterator[list[subprocess.Popen[bytes]]]:
    found = [subprocess.Popen([sys.executable, "-c", SLEEP]) for _each in range(2)]
    yield found
    for sleeper in found:
        sleeper.kill()
        sleeper.wait()


def test_survivors_are_stopped_but_never_a_stranger(tmp_path: Path, sleepers: list[subprocess.Popen[bytes]]) -> None:
    survivor, stranger = sleepers
    ledger.write(tmp_path / "pids", [survivor.pid, stranger.pid])
    entries = json.loads((tmp_path / "pids").read_text())
    entries[1]["began"] -= 60
    (tmp_path / "pids").write_text(json.dumps(entries))

    assert ledger.stop_survivors(tmp_path / "pids") == 1

    assert (survivor.poll() is None, stranger.poll() is None) == (False, True)
    assert not (tmp_path / "pids").exists()


@pytest.mark.parametrize("text", ["", "{", "[]"])
def test_a_ledger_that_cannot_be_read_stops_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "pids").write_text(text)

    assert ledger.stop_survivors(tmp_path / "pids") == 0
