"""Real Celery workers and beat on the test's own database and broker, started and stopped as in production."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.arena import PATIENCE, environment
from tests.fakes.smtp_sink import SmtpSink

WORKER = ["--pool", "solo", "--without-gossip", "--without-mingle"]


class Crew:
    """Processes by what they do; what they said lies in the folder."""

    def __init__(self, sink: SmtpSink, folder: Path) -> None:
        self._folder = folder
        self._environment = {**environment(sink.port, folder), "DEMO": "1"}  # a tick a second
        self._processes: dict[str, subprocess.Popen] = {}

    def start_worker(self, queue: str) -> None:
        self._start(queue, "worker", "--queues", queue, "--hostname", f"{queue}@test", *WORKER)

    def start_beat(self) -> None:
        self._start("beat", "beat", "--pidfile=")

    def stop(self, name: str) -> int:
        """Ask it to stop, as a deployment does, and return how it ended."""
        process = self._processes[name]
        process.send_signal(signal.SIGTERM)
        return process.wait(PATIENCE)

    def said(self) -> str:
        return "\n".join(log.read_text() for log in sorted(self._folder.glob("*.log")))

    def end(self) -> None:
        for process in self._processes.values():
            if process.poll() is None:
                process.kill()
                process.wait()

    def _start(self, name: str, *arguments: str) -> None:
        command = [sys.executable, "-m", "celery", "--app", "config.celery", *arguments]
        with (self._folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)


@contextmanager
def crew(sink: SmtpSink, folder: Path) -> Iterator[Crew]:
    """Everybody who is needed for mail to leave: both lanes' senders, the tick, and beat."""
    made = Crew(sink, folder)
    try:
        for queue in ("marketing", "transactional", "tick"):
            made.start_worker(queue)
        made.start_beat()
        yield made
    finally:
        made.end()
