"""python -m config.embedded COMMAND...: run a manage.py command with servers that last no longer than it does."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from config.embedded import servers
from config.embedded.unavailable import Unavailable
from config.env import BASE_DIR


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="meridian-") as name:
        directory = Path(name)
        directory.chmod(0o711)
        running = servers.start(directory, environ=os.environ, durable=False)
        urls = {"DATABASE_URL": running.database_url, "REDIS_URL": running.redis_url}
        command = [sys.executable, str(BASE_DIR / "manage.py"), *sys.argv[1:]]
        try:
            return subprocess.run(command, env={**os.environ, **urls, "DEBUG": "1"}, check=False).returncode
        finally:
            running.stop()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Unavailable as problem:
        sys.exit(str(problem))
