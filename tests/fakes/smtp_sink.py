"""A relay that takes everything, writes it down before it says so, and errs as it is told.

In a thread of the test:

    with SmtpSink({"faults": [{"at": "rcpt", "reply": "450 4.2.0 later", "share": 0.03}]}) as sink:
        ... sink.port ... sink.accepted

As a process of its own, which outlives whoever it talks to:

    python -m tests.fakes.smtp_sink --log FILE --port-file FILE [--rules JSON] [--bodies FOLDER]

The log has one JSON line per accepted mail; a line is on disk before the mail is acknowledged.
"""

import argparse
import asyncio
import json
import os
import signal
import ssl
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any, Self

from tests.fakes.smtp_faults import Rules
from tests.fakes.smtp_session import Session


class SmtpSink:
    def __init__(
        self,
        rules: dict[str, Any] | None = None,
        *,
        log: Path | None = None,
        bodies: Path | None = None,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        fsync: bool = True,
    ):
        self.rules = Rules.read(rules)
        self.accepted: list[dict[str, Any]] = []
        self.contents: list[bytes] = []
        self.sessions: list[Session] = []
        self.port = 0
        self.keeps_contents = log is None
        self._bodies, self._tls, self._is_implicit, self._fsync = bodies, tls, implicit_tls, fsync
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND) if log else None

    @property
    def connections(self) -> int:
        return len(self.sessions)

    @property
    def spoke_early(self) -> int:
        return sum(session.spoke_early for session in self.sessions)

    @property
    def offered(self) -> Counter[str]:
        """How often each recipient was named."""
        return Counter(recipient for session in self.sessions for recipient, _at in session.offered)

    @property
    def named_in_vain(self) -> set[str]:
        """Who was named once more after a client had heard that they are refused."""
        heard = [one for session in self.sessions for one in session.heard]
        first = {who: min(at for other, at in heard if other == who) for who, _at in heard}
        named = [one for session in self.sessions for one in session.offered]
        return {who for who, at in named if at > first.get(who, at)}

    @property
    def goodbyes(self) -> int:
        return sum(session.has_quit for session in self.sessions)

    def hang_up(self) -> None:
        """Close every connection, as a relay does that is restarted; returns when it is done."""
        done = threading.Event()
        self._loop.call_soon_threadsafe(self._abort_all)
        self._loop.call_soon_threadsafe(done.set)
        assert done.wait(60)

    # In a thread

    def __enter__(self) -> Self:
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run_in_thread()), daemon=True)
        self._thread.start()
        assert self._ready.wait(60), "the sink did not start"
        return self

    def __exit__(self, *problem):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(60)
        assert not self._thread.is_alive(), "the sink did not stop"

    async def _run_in_thread(self):
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        await self.serve(self._stop, lambda _: self._ready.set())

    # Anywhere

    async def serve(self, stop: asyncio.Event, started, port: int = 0):
        loop = asyncio.get_running_loop()
        context = self._tls if self._is_implicit else None
        server = await loop.create_server(self._session, "127.0.0.1", port, ssl=context)
        self.port = server.sockets[0].getsockname()[1]
        started(self.port)
        await stop.wait()
        server.close()
        self._abort_all()
        await asyncio.sleep(0)
        if self._log is not None:
            os.close(self._log)

    def _abort_all(self) -> None:
        for session in self.sessions:
            for task in session.tasks:
                task.cancel()
            if session.transport is not None:
                session.transport.abort()

    def _session(self) -> Session:
        tls = None if self._is_implicit else self._tls
        session = Session(self.rules, self._keep, len(self.sessions), tls)
        self.sessions.append(session)
        return session

    def _keep(self, entry: dict[str, Any], body: bytes) -> None:
        entry["time"] = time.time()
        if self._bodies is not None:
            name = f"{len(self.accepted):06}.eml"
            (self._bodies / name).write_bytes(body)
            entry["file"] = name
        if self._log is not None:
            os.write(self._log, json.dumps(entry).encode() + b"\n")
            if self._fsync:
                os.fsync(self._log)
        if self.keeps_contents:
            self.contents.append(body)
        self.accepted.append(entry)


def read_log(path: Path) -> list[dict[str, Any]]:
    """Every mail in a sink's log so far."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _announce(path: Path, port: int) -> None:
    unfinished = path.with_suffix(".new")
    unfinished.write_text(str(port))
    unfinished.rename(path)


async def _serve_until_stopped(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    sink = SmtpSink(json.loads(options.rules), log=options.log, bodies=options.bodies, fsync=not options.no_fsync)
    await sink.serve(stop, lambda port: _announce(options.port_file, port), options.port)


def main() -> None:
    parser = argparse.ArgumentParser(description="A recording SMTP sink for tests.")
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--port-file", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--rules", default="{}", help="JSON, as described in smtp_faults")
    parser.add_argument("--bodies", type=Path, help="a folder for the mails themselves")
    parser.add_argument("--no-fsync", action="store_true", help="faster; a power cut may forget mails")
    asyncio.run(_serve_until_stopped(parser.parse_args()))


if __name__ == "__main__":
    main()
