import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import folders


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A folder that any account may enter, unlike tmp_path, which is closed to all but its owner."""
    directory = folders.fresh()
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def bare_environ() -> dict[str, str]:
    """The environment of somebody who has set nothing of ours."""
    kept = ("HOME", "PATH", "LANG", "TMPDIR", "PYENV_ROOT")
    return {name: value for name, value in os.environ.items() if name in kept}


@pytest.fixture
def small_disk(open_directory: Path) -> Iterator[Path]:
    """A folder on a disk of 20 MB."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=20M,mode=711", "none", str(open_directory)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this account may not mount a small disk")
    yield open_directory
    subprocess.run(["umount", str(open_directory)], check=True)
