"""One demo per folder: a lock that the kernel gives back however its holder ends."""

import fcntl
import json
import os
from pathlib import Path

from config.embedded.unavailable import Unavailable


class Lock:
    """Held from `with` to its end; refuses at once if somebody else holds it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __enter__(self) -> None:
        self._descriptor = os.open(self._directory / "demo.lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise Unavailable(f"The demo is running already{self._where()}: stop it first.") from None

    def __exit__(self, *exc: object) -> None:
        os.close(self._descriptor)

    def _where(self) -> str:
        try:
            return f" at {json.loads((self._directory / 'demo.json').read_text())['web']}"
        except (OSError, ValueError, KeyError):
            return ""
