"""What may be in the way: one clear sentence each, and an end that programs notice."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from config.demo import ground
from config.embedded.unavailable import Unavailable
from config.env import BASE_DIR


def run_demo(environ: dict[str, str]) -> tuple[int, str, str]:
    finished = subprocess.run(
        [sys.executable, "-m", "config.demo"], cwd=BASE_DIR, env=environ, capture_output=True, text=True, check=False
    )
    return finished.returncode, finished.stdout, finished.stderr


def test_a_taken_port_is_said_with_a_way_out(bare_environ: dict[str, str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        ended = run_demo(bare_environ | {"VAR_DIR": str(tmp_path), "MERIDIAN_PORT": str(port)})

    assert ended == (1, "", f"Port {port} is taken: `make demo PORT={port + 1}` uses another.\n")


def test_a_folder_that_is_a_file_is_said(bare_environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "var").touch()

    ended = run_demo(bare_environ | {"VAR_DIR": str(tmp_path / "var")})

    assert ended == (1, "", f"{tmp_path / 'var'} cannot be written to: File exists.\n")


def test_a_folder_that_cannot_be_written_to_is_said(bare_environ: dict[str, str]) -> None:
    status, _said, complaint = run_demo(bare_environ | {"VAR_DIR": "/proc/meridian"})

    assert (status, complaint) == (1, "/proc/meridian cannot be written to: No such file or directory.\n")


def test_a_full_disk_is_said(bare_environ: dict[str, str], small_disk: Path) -> None:
    ended = run_demo(bare_environ | {"VAR_DIR": str(small_disk), "MERIDIAN_PORT": "0"})

    assert ended == (1, "", f"The disk is full: {small_disk} needs 100 MB free.\n")


def test_another_python_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 11, 7))

    with pytest.raises(Unavailable, match=r"This is Python 3\.11; 3\.12, 3\.13 or 3\.14 is needed\."):
        ground.check(tmp_path, port=0)


def test_free_ground_is_fine(tmp_path: Path) -> None:
    ground.check(tmp_path / "var", port=0)

    assert list((tmp_path / "var").iterdir()) == []
