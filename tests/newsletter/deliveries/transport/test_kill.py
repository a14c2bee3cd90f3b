"""kill -9 of a sending process at fixed points, with the sink in a process of its own.

What the dead sender's journal says decides: answered is done, begun is uncertain, all else is sent again.
"""

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes.smtp_sink import read_log

pytestmark = [pytest.mark.chaos, pytest.mark.slow]

COUNT = 60
ROOT = Path(__file__).resolve().parents[4]
POINTS = ["before_354", "mid_body", "after_dot_before_answer", "after_answer"]


@dataclass
class Scene:
    """A sink that kills, and the sender that it kills."""

    folder: Path
    process: subprocess.Popen
    port: int

    def send(self, keys, connections):
        """Run one sender to its end; return its exit code."""
        arguments = [self.port, self.folder / "journal", self.folder / "pid", connections, *keys]
        command = [sys.executable, "-m", "tests.fakes.smtp_victim", *map(str, arguments)]
        return subprocess.run(command, check=False, timeout=60, cwd=ROOT).returncode

    @property
    def begun(self):
        return [int(line.split()[1]) for line in self._journal() if line.startswith("B")]

    @property
    def answered(self):
        return {int(line.split()[1]) for line in self._journal() if line.startswith("A")}

    @property
    def accepted(self):
        return [int(entry["headers"]["X-Delivery"]) for entry in read_log(self.folder / "log")]

    def _journal(self):
        return (self.folder / "journal").read_text().splitlines()


@pytest.fixture
def scene(tmp_path, request):
    kill = {"phase": request.param, "nth": 20, "pid_file": str(tmp_path / "pid")}
    options = ["--log", tmp_path / "log", "--port-file", tmp_path / "port"]
    command = [sys.executable, "-m", "tests.fakes.smtp_sink", *map(str, options)]
    process = subprocess.Popen([*command, "--rules", json.dumps({"kill_pid_at": kill})], cwd=ROOT)
    try:
        yield Scene(tmp_path, process, _port(tmp_path / "port"))
    finally:
        process.terminate()
        process.wait(60)


def _port(path):
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, "the sink did not start"
        time.sleep(0.02)
    return int(path.read_text())


@pytest.mark.parametrize("connections", [1, 4])
@pytest.mark.parametrize("scene", POINTS, indirect=True)
def test_a_killed_sender_leaves_at_most_one_mail_in_doubt_per_connection(scene, connections):
    assert scene.send(range(1, COUNT + 1), connections) == -signal.SIGKILL

    doubtful = set(scene.begun) - scene.answered
    again = set(range(1, COUNT + 1)) - set(scene.begun)
    assert len(doubtful) <= connections
    assert scene.answered <= set(scene.accepted) <= set(scene.begun)

    assert scene.send(sorted(again), connections) == 0
    assert max(Counter(scene.accepted).values()) == 1
    assert set(scene.accepted) | doubtful == set(range(1, COUNT + 1))


@pytest.mark.parametrize("scene", ["after_dot_before_answer"], indirect=True)
def test_sending_again_whatever_was_not_answered_mails_somebody_twice(scene):
    scene.send(range(1, COUNT + 1), 1)

    scene.send(sorted(set(range(1, COUNT + 1)) - scene.answered), 1)

    assert max(Counter(scene.accepted).values()) == 2
