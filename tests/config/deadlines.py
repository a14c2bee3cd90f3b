"""Waiting for something to become true, with a limit; and looking for processes by what they were started with."""

import time
from collections.abc import Callable
from pathlib import Path

import psutil


def wait_until(is_true: Callable[[], object], *, within: float = 60.0) -> None:
    deadline = time.monotonic() + within
    while not is_true():
        if time.monotonic() > deadline:
            raise AssertionError(f"Not true within {within:g} s")
        time.sleep(0.05)


def processes_of(directory: Path) -> dict[int, list[str]]:
    """Every living process that names this folder in its command or its environment."""
    found = {}
    for process in psutil.process_iter():
        try:
            command = process.cmdline()
            named = any(str(directory) in word for word in command)
            if process.status() != psutil.STATUS_ZOMBIE and (
                named or process.environ().get("VAR_DIR") == str(directory)
            ):
                found[process.pid] = command
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found
