"""Which processes are ours, written down in case we are killed before we can stop them.

A number alone says little: it may belong to a stranger by now. So each stands with the moment its process
began, and only what fits both is stopped.
"""

import contextlib
import json
from collections.abc import Iterable
from pathlib import Path

import psutil

PATIENCE = 10.0


def write(path: Path, pids: Iterable[int]) -> None:
    entries = [{"pid": pid, "began": began} for pid in pids if (began := _began(pid)) is not None]
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(entries))
    draft.rename(path)


def stop_survivors(path: Path) -> int:
    """Stop what is left of an earlier run and return how many that was."""
    survivors = [psutil.Process(entry["pid"]) for entry in _entries(path) if _began(entry["pid"]) == entry["began"]]
    family = [*survivors, *(child for process in survivors for child in _children(process))]
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _gone, stubborn = psutil.wait_procs(family, timeout=PATIENCE)
    for process in stubborn:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    path.unlink(missing_ok=True)
    return len(survivors)


def _entries(path: Path) -> list[dict[str, float]]:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return []


def _began(pid: float) -> float | None:
    try:
        return psutil.Process(int(pid)).create_time()
    except psutil.NoSuchProcess:
        return None


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []
