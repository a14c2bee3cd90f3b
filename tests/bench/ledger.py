"""JSON lines of every run, appended under var/bench: one for each run of a case, so that no median hides anything."""

import json
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from tests.bench.measure import Sample

ROOT = Path(__file__).resolve().parents[2]


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "python": platform.python_version(),
    }


def commit() -> str:
    """Which code was measured; with a plus when the tree differed from it. Empty where there is no git."""
    try:
        asked = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
        told = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return told.stdout.strip()


def append(path: Path, samples: Sequence[Sample], *, facts: dict[str, Any], now: datetime) -> None:
    """Write one line a sample, each with all that is needed to understand it alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    common = {"run": now.isoformat(timespec="seconds"), "commit": commit(), "machine": machine(), **facts}
    with path.open("a") as file:
        for sample in samples:
            told = asdict(sample) | {"at": sample.at.isoformat(timespec="milliseconds")}
            file.write(json.dumps(common | told) + "\n")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
