"""Folders that a test run makes outside of pytest's own, which are closed to every other account."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

import psutil

PREFIX = "meridian-test"


def fresh() -> Path:
    """Return a new folder that any account may enter; its name says which process it belongs to."""
    directory = Path(tempfile.mkdtemp(prefix=f"{PREFIX}-{os.getpid()}-"))
    directory.chmod(0o711)
    return directory


def sweep() -> None:
    """Remove what runs that were killed have left behind."""
    for directory in Path(tempfile.gettempdir()).glob(f"{PREFIX}-*-*"):
        with contextlib.suppress(ValueError, OSError):
            if not psutil.pid_exists(int(directory.name.split("-")[2])):
                shutil.rmtree(directory)
