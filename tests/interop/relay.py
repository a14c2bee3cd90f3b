"""What the tests ask of a real mail server, whichever it is: doors, and what it took, one by one."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import folders
from tests.interop import packages
from tests.interop.authority import Authority

PATIENCE = 20.0
DOMAIN = "reader.example"
USERNAME, PASSWORD = "clinic", "Sésame, öffne dich"
SIZE_LIMIT = 200_000

# What a door is like. All doors of one server lead to the same mailboxes.
DOORS: dict[str, dict[str, Any]] = {
    "plain": {},
    "lockstep": {"pipelining": False},
    "sizeless": {"size": False},
    "seven_bit": {"eight_bit": False},
    "starttls": {"tls": "server"},
    "tls": {"tls": "server", "implicit": True},
    "auth": {"tls": "server", "auth": True},
    "lockstep_auth": {"tls": "server", "auth": True, "pipelining": False},
    "wrong_name": {"tls": "wrong_name"},
    "expired": {"tls": "expired"},
    "old_tls": {"tls": "server", "old": True},
    "few_connections": {"connections": 2},
}


@dataclass(frozen=True, slots=True)
class Taken:
    """One mail as it lies in a mailbox, without what the server wrote above it."""

    sender: str
    recipient: str
    queue_id: str
    content: bytes


class Relay:
    """A server of our own: configuration, queue and mailboxes in one folder, as whoever runs the test."""

    name: str
    above: frozenset[str]  # the header fields that the server writes above a mail
    queue_id = re.compile(rb"\sid ([\w-]+)")

    def __init__(self, authority: Authority) -> None:
        self.folder = folders.fresh()
        self.folder.chmod(0o755)
        self.authority = authority
        self.ports = {door: free_port() for door in DOORS}
        self.mailboxes = self.folder / "mailboxes"
        self.uid, self.gid = (61_000, 61_000) if os.getuid() == 0 else (os.getuid(), os.getgid())
        self.mailboxes.mkdir()
        self.give_away(self.mailboxes)
        self._write_accounts()
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        raise NotImplementedError

    def reload(self) -> None:
        """Read the configuration again, as a certificate's renewal has it done every few weeks."""
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)

    def kill(self) -> None:
        """Every process of the server at once, whatever it is doing."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(PATIENCE)
        self.process = None

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        return "\n".join(
            file.read_text(errors="replace") for file in sorted(self.folder.glob("log*")) if file.is_file()
        )

    def forget(self) -> None:
        """Empty the mailboxes."""
        for file in self._files():
            file.unlink()

    def count(self) -> int:
        return len(self._files())

    def mails(self, count: int) -> list[Taken]:
        """Everything that was delivered, once it is so much; what comes too much is seen as well."""
        wait_for(lambda: self.count() >= count and self.is_quiet(), f"{self.name} delivered {self.count()} of {count}")
        return [self.read(file.read_bytes()) for file in self._files()]

    def is_quiet(self) -> bool:
        """Whether nothing waits in the queue any more."""
        raise NotImplementedError

    def read(self, stored: bytes) -> Taken:
        """Take the server's own header fields off; the rest must be what was handed over."""
        above: dict[str, bytes] = {}
        while (field := re.match(rb"([\w-]+):((?:.*\n)(?:[ \t].*\n)*)", stored)) and field[1].decode() in self.above:
            above.setdefault(field[1].decode().lower(), field[2].strip())
            stored = stored[field.end() :]
        found = self.queue_id.search(above["received"])
        return Taken(
            sender=above["return-path"].decode().strip("<>"),
            recipient=self.envelope_recipient(above),
            queue_id=found[1].decode() if found else "",
            content=stored,
        )

    def envelope_recipient(self, above: dict[str, bytes]) -> str:
        raise NotImplementedError

    def give_away(self, path: Path) -> None:
        """To the account that the server works as."""
        if os.getuid() == 0:
            os.chown(path, self.uid, self.gid)

    def environment(self) -> dict[str, str]:
        """The unpacked libraries, and accounts that only this server sees: the machine keeps its own."""
        return {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LD_LIBRARY_PATH": packages.libraries(),
            "LD_PRELOAD": "libnss_wrapper.so",
            "NSS_WRAPPER_PASSWD": str(self.folder / "passwd"),
            "NSS_WRAPPER_GROUP": str(self.folder / "group"),
        }

    def spawn(self, command: list[str | Path]) -> None:
        with (self.folder / "log-said").open("ab") as said:
            self.process = subprocess.Popen(
                command, env=self.environment(), stdout=said, stderr=said, start_new_session=True
            )
        wait_for(lambda: all(_listens(port) for port in self.ports.values()), f"{self.name} does not start", self.log)

    def _files(self) -> list[Path]:
        return sorted(self.mailboxes.glob("*/new/*"))

    def _write_accounts(self) -> None:
        raise NotImplementedError


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for(condition: Any, words: str, more: Any = str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{words}: {more()}"
        time.sleep(0.02)


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0
