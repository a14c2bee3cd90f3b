"""The whole demo as a process of its own, as `make demo` runs it, in a folder of its own."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from config.env import BASE_DIR, VARIABLES
from tests.config.deadlines import wait_until

START_SECONDS = 240


class RunningDemo:
    def __init__(self, directory: Path, *arguments: str, port: int = 0) -> None:
        self.directory = directory
        self._output = directory / f"said-{len(list(directory.glob('said-*')))}"
        environ = {name: value for name, value in os.environ.items() if name not in VARIABLES}
        environ |= {"VAR_DIR": str(directory), "MERIDIAN_PORT": str(port)}
        with self._output.open("xb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.demo", *arguments],
                cwd=BASE_DIR,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self._output.read_text()

    @property
    def facts(self) -> dict[str, str]:
        return json.loads((self.directory / "demo.json").read_text())

    def wait_until_ready(self) -> None:
        wait_until(lambda: self._is_announced() or self.process.poll() is not None, within=START_SECONDS)
        assert self.process.poll() is None, self.said

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop it and return how it ended; the children of a killed one follow on their own."""
        self.process.send_signal(how)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def _is_announced(self) -> bool:
        return "Ctrl-C stops everything" in self.said
