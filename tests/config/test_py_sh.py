"""The script in front of everything: it finds a Python and installs what is pinned."""

import subprocess
import sys
from pathlib import Path

import pytest

from config.env import BASE_DIR


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """Where the environment is to be; nothing is there."""
    return tmp_path / "environment"


@pytest.fixture
def installed(environment: Path) -> Path:
    """An environment that has everything installed, as py.sh left it."""
    (environment / "bin").mkdir(parents=True)
    (environment / "bin" / "python").symlink_to(sys.executable)
    pinned = b"".join((BASE_DIR / "requirements" / f"{name}.txt").read_bytes() for name in ("base", "demo"))
    stamp = subprocess.run(["cksum"], input=pinned, capture_output=True, check=True).stdout
    (environment / "installed-demo").write_bytes(stamp)
    return environment


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


def test_what_is_installed_is_used_at_once(bare_environ: dict[str, str], installed: Path) -> None:
    finished = run("-c", "print('used')", environ=bare_environ | {"VENV": str(installed)})

    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "used\n", "")


def test_bytecode_is_kept_whatever_the_environment_says(bare_environ: dict[str, str], installed: Path) -> None:
    forbidden = {"VENV": str(installed), "PYTHONDONTWRITEBYTECODE": "1"}

    finished = run("-c", "import sys; print(sys.dont_write_bytecode)", environ=bare_environ | forbidden)

    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "False\n", "")
