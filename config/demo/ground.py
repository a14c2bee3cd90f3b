"""Is there anything in the way? Asked before anything is started; each answer is one sentence."""

import os
import shutil
import sys
from pathlib import Path

from config.embedded import ports
from config.embedded.unavailable import Unavailable

OLDEST_PYTHON, NEWEST_PYTHON = (3, 12), (3, 14)
BYTES_NEEDED = 100_000_000


def check(directory: Path, *, port: int) -> None:
    _check_python()
    _check_writable(directory)
    _check_space(directory)
    if port and ports.is_taken(port):
        raise Unavailable(f"Port {port} is taken: `make demo PORT={port + 1}` uses another.")


def _check_python() -> None:
    if not OLDEST_PYTHON <= sys.version_info[:2] <= NEWEST_PYTHON:
        raise Unavailable(f"This is Python {sys.version_info[0]}.{sys.version_info[1]}; 3.12, 3.13 or 3.14 is needed.")


def _check_writable(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        probe = directory / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise Unavailable(f"{directory} cannot be written to: {os.strerror(error.errno or 0)}.") from None


def _check_space(directory: Path) -> None:
    if shutil.disk_usage(directory).free < BYTES_NEEDED:
        raise Unavailable(f"The disk is full: {directory} needs {BYTES_NEEDED // 1_000_000} MB free.")
