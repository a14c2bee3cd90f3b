"""Passwords of the embedded servers: made up once, kept where only their owner reads them."""

import os
import secrets
from pathlib import Path


def kept(path: Path) -> str:
    """Return the password in this file; make it up first if there is none."""
    if not path.exists():
        descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(18))
    return path.read_text()
