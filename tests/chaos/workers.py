"""Real Celery workers and beat on the database and broker of the run, started and stopped as in production."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.arena import PATIENCE, environment
from tests.fakes.smtp_sink import SmtpSink


class Crew:
    """Processes by what they are called; what they said lies in the folder."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self.folder = folder
        self.environ = {**environ, "DEMO": "1"}  # a tick a second
        self.processes: dict[str, subprocess.Popen] = {}

    def start_worker(self, queues: str, *, name: str = "", **environ: str) -> subprocess.Popen:
        name = name or queues
        return self.start(name, "django", "worker", *queues.split(","), "--name", f"{name}@test", **environ)

    def start_beat(self, name: str = "beat", **environ: str) -> subprocess.Popen:
        options = ("--pidfile=", "--schedule", str(self.folder / f"{name}-schedule"))
        return self.start(name, "celery", "--app", "config.celery", "beat", *options, **environ)

    def start(self, name: str, *module_and_arguments: str, **environ: str) -> subprocess.Popen:
        command = [sys.executable, "-m", *module_and_arguments]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(command, env=self.environ | environ, stdout=log, stderr=log)
        return self.processes[name]

    def stop(self, name: str) -> int:
        """Ask it to stop, as a deployment does, and return how it ended."""
        process = self.processes[name]
        process.send_signal(signal.SIGTERM)
        return process.wait(PATIENCE)

    def kill(self, name: str) -> None:
        self.processes[name].kill()
        self.processes[name].wait()

    def said(self) -> str:
        return "\n".join(log.read_text() for log in sorted(self.folder.glob("*.log")))

    def end(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
                process.wait()


@contextmanager
def crew(sink: SmtpSink, folder: Path) -> Iterator[Crew]:
    """Everybody who is needed for mail to leave: both lanes' senders, the tick, and beat."""
    made = Crew(folder, environment(sink.port, folder))
    try:
        for queue in ("marketing", "transactional", "tick"):
            made.start_worker(queue)
        made.start_beat()
        yield made
    finally:
        made.end()
