"""Programs to measure against, fetched once: postfix's smtp-source and smtp-sink, from the Debian package.

The package is unpacked beside the figures, under var/bench; nothing of it is installed or started as a service.
"""

import os
import shutil
import subprocess
from pathlib import Path

from tests.bench.ground import KEPT

PACKAGE = "postfix"
UNPACKED = KEPT / "tools" / PACKAGE


class NoTools(RuntimeError):
    """What is measured against cannot be had here; says what is missing."""


def smtp(name: str, *arguments: str) -> list[str]:
    """The command line of smtp-source or smtp-sink. Raises NoTools."""
    if not (UNPACKED / "usr/sbin" / name).exists():
        _fetch()
    return [str(UNPACKED / "usr/sbin" / name), *arguments]


def environment() -> dict[str, str]:
    """They bring libraries of their own."""
    return {**os.environ, "LD_LIBRARY_PATH": str(UNPACKED / "usr/lib/postfix")}


def version() -> str:
    """Which package was unpacked."""
    found = sorted(UNPACKED.parent.glob(f"{PACKAGE}_*.deb"))
    return found[-1].stem if found else "not fetched"


def _fetch() -> None:
    for program in ("apt-get", "dpkg"):
        if shutil.which(program) is None:
            raise NoTools(
                f"There is no {program} here. smtp-source and smtp-sink come from Debian's package {PACKAGE}: run this"
                f" on Debian or Ubuntu, or unpack that package into {UNPACKED}."
            )
    folder = UNPACKED.parent
    folder.mkdir(parents=True, exist_ok=True)
    _do(["apt-get", "download", PACKAGE], folder)
    draft = folder / "unpacking"
    shutil.rmtree(draft, ignore_errors=True)
    _do(["dpkg", "-x", str(max(folder.glob(f"{PACKAGE}_*.deb"))), str(draft)], folder)
    draft.rename(UNPACKED)


def _do(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoTools(f"`{' '.join(command[:2])}` failed; perhaps `apt-get update` helps. {done.stderr.strip()[-300:]}")
