"""The script in front of everything: it finds a Python and installs what is pinned."""

import subprocess
import sys
from pathlib import Path

import pytest

from config.env import BASE_DIR


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """An environment that has everything installed, as py.sh left it."""
    return tmp_path / "environment"


def run(*arguments: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BASE_DIR / "py.sh"), *arguments], cwd="/", env=environ, capture_output=True, text=True, check=False
    )


def test_a_python_that_does_not_fit_is_refused_in_one_sentence(bare_environ: dict[str, str], environment: Path) -> None:
    finished = run("-V", environ=bare_environ | {"PYTHON": "/bin/false", "VENV": str(environment)})

    assert finished.returncode == 1
    assert (
        finished.stderr
        == "Python 3.12, 3.13 or 3.14 is needed and was not found; PYTHON=/path/to/python says where it is.\n"
    )
    assert not environment.exists()


def test_what_is_installed_is_used_at_once(bare_environ: dict[str, str], environment: Path) -> None:
    (environment / "bin").mkdir(parents=True)
    (environment / "bin" / "python").symlink_to(sys.executable)
    pinned = b"".join((BASE_DIR / "requirements" / f"{name}.txt").read_bytes() for name in ("base", "demo"))
    stamp = subprocess.run(["cksum"], input=pinned, capture_output=True, check=True).stdout
    (environment / "installed-demo").write_bytes(stamp)

    finished = run("-c", "print('used')", environ=bare_environ | {"VENV": str(environment)})

    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "used\n", "")
