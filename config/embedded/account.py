"""Which account PostgreSQL runs under, since it refuses to run as root: `nobody`, where we are root."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from config.embedded.unavailable import Unavailable


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    def can_enter(self, directory: Path) -> bool:
        """Return whether this account reaches the directory through all of its parents."""
        return self._succeeds("test", "-x", str(directory))

    def can_run(self, program: Path) -> bool:
        return self._succeeds(str(program), "--version")

    def _succeeds(self, *command: str) -> bool:
        try:
            finished = subprocess.run(
                command,
                user=self.uid,
                group=self.gid,
                extra_groups=[],
                cwd="/",
                capture_output=True,
                check=False,
            )
        except OSError:
            return False
        return finished.returncode == 0


def unprivileged() -> Account | None:
    """Return the account to change to, or None where we are an ordinary user already."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise Unavailable(
            "PostgreSQL does not run as root, and this machine has no account `nobody`: use an ordinary account."
        ) from None
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)
