"""`make demo-reset`: throw the demo's data away, and nothing that is not the demo's own."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from config.embedded import account, postgres
from config.embedded.unavailable import Unavailable

OURS = (
    "beat-heartbeat",
    "beat-schedule*",
    "demo.json",
    "inbox",
    "journal",
    "log",
    "migrations.json",
    "pictures",
    "staff.json",
)


def throw_away(directory: Path, *, environ: Mapping[str, str]) -> None:
    if environ.get("DATABASE_URL"):
        raise Unavailable("DATABASE_URL names a database that is not the demo's own: empty it yourself.")
    for pattern in OURS:
        for path in directory.glob(pattern):
            _remove(path)
    _remove(postgres.place(directory, account.unprivileged()))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
