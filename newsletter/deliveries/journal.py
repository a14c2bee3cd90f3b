"""The sender's journal: what was begun and what was answered, for whoever finds it after a kill.

One append-only file per sender process, held under an exclusive lock that the kernel drops when the process
dies, and never before: as long as the lock is held its process may still wake up and send. Every line is
written before the thing it tells of happens. It narrows what is uncertain after a killed process from a whole
window to the mails whose body had begun; it says nothing after a crash of the machine (another boot), when
the database's mark alone counts.
"""

import errno
import fcntl
import logging
import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from django.conf import settings

SUFFIX, UNFINISHED = ".journal", ".new"
SETTLED_WITHIN = 120
NOT_TAKEN = 451
"""What is noted of a mail whose body had begun and of which it is known, without a reply, that it has not left."""
log = logging.getLogger(__name__)
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def boot() -> str:
    """What changes when this machine starts anew; empty where nobody can tell."""
    if BOOT_ID.exists():
        return BOOT_ID.read_text().strip()
    told = subprocess.run(["/usr/sbin/sysctl", "-n", "kern.boottime"], capture_output=True, text=True, check=False)
    return told.stdout.strip().replace(" ", "")


class FileJournal:
    """The journal of this process; its name is the lease owner's name."""

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or Path(settings.JOURNAL_DIR)
        folder.mkdir(parents=True, exist_ok=True)
        self.owner = f"{socket.gethostname()[:30]}-{os.getpid()}-{secrets.token_hex(6)}"
        self._path = folder / f"{self.owner}{SUFFIX}"
        self._head = f"boot {boot()}\n".encode()
        self._is_broken = False
        self._make(self._path.with_suffix(UNFINISHED))

    def _make(self, unfinished: Path) -> None:
        """Under a name that nobody looks for, until it is locked and begun. What fails leaves nothing open."""
        self._file = os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_APPEND, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            self._note(self._head)
            unfinished.rename(self._path)
        except OSError:
            os.close(self._file)
            unfinished.unlink(missing_ok=True)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Keep the file after an error: the next sender reads it. Remove it after a clean end."""
        try:
            if error is None:
                self._path.unlink(missing_ok=True)
        finally:
            os.close(self._file)

    def begin(self, key: int) -> None:
        self._note(b"B %d\n" % key)

    def answered(self, key: int, code: int) -> None:
        self._note(b"A %d %d\n" % (key, code))

    def forget(self) -> None:
        """Empty it: everything it tells has been committed."""
        os.ftruncate(self._file, len(self._head))

    def _note(self, line: bytes) -> None:
        """Raises if the line is not there whole, and ever after: a further line would join the broken one."""
        if self._is_broken:
            raise OSError(errno.EIO, "The journal could not be written, and is not written any more.")
        count = 0
        try:
            count = os.write(self._file, line)
        finally:
            self._is_broken |= count != len(line)
        if self._is_broken:
            raise OSError(errno.ENOSPC, "The journal's disk is full.")


@dataclass(slots=True)
class Found:
    """What a dead sender left behind. `begun` is complete only when `same_boot`.

    Whoever cannot settle it sets `is_kept`: then it is found again.
    """

    owner: str
    same_boot: bool
    begun: frozenset[int] = field(default_factory=frozenset)
    answers: dict[int, int] = field(default_factory=dict)
    is_kept: bool = False


def left_behind(folder: Path | None = None) -> Iterator[Found]:
    """Journals of dead senders on this machine, each locked while it is looked at.

    A journal is removed when the caller asks for the next one: by then what it tells has been committed. One that may
    not be read (another user's) is passed over: it keeps nobody else's mail from leaving.
    """
    folder = folder or Path(settings.JOURNAL_DIR)
    _sweep(folder)
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            file = path.open("rb")
        except FileNotFoundError:
            continue  # its sender has ended by now, or somebody else has buried it
        except OSError as problem:
            log.warning("A sender's journal cannot be read, and what it tells stays in doubt: %s", problem)
            continue
        with file:
            if not _is_ours(file.fileno()):
                continue
            found = _read(path.stem, file.read().decode(errors="replace"))
            yield found
            if not found.is_kept:
                path.unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    """Remove what was never finished: its maker was killed over it, and had begun nothing."""
    for path in folder.glob(f"*{UNFINISHED}"):
        with suppress(OSError):  # not ours, or just finished
            if _is_of_the_dead(path):
                path.unlink()


def count_of_the_dead(folder: Path | None = None) -> int:
    """How many journals of dead senders lie on this machine for longer than a tick or two needs to settle them.

    Raises OSError where the folder or a journal may not be read: then nobody knows.
    """
    folder = folder or Path(settings.JOURNAL_DIR)
    try:
        paths = list(folder.iterdir())
    except FileNotFoundError:
        return 0
    return sum(_is_of_the_dead(path) for path in paths if path.suffix == SUFFIX)


def _is_of_the_dead(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            is_old = time.time() - path.stat().st_mtime > SETTLED_WITHIN
            return is_old and _is_ours(file.fileno())
    except FileNotFoundError:
        return False


def _is_ours(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(owner: str, text: str) -> Found:
    """A last line without its line end was being written when the process died; what it says is still true.

    What a crash of the machine made illegible is passed over.
    """
    begun: set[int] = set()
    answers: dict[int, int] = {}
    same_boot = False
    for line in text.splitlines(keepends=True):
        match line.split():
            case ["boot", value]:
                same_boot = bool(value) and value == boot()
            case ["B", key] if key.isdecimal():
                begun.add(int(key))
            case ["A", key, code] if line.endswith("\n") and (key + code).isdecimal():
                answers[int(key)] = int(code)
    return Found(owner=owner, same_boot=same_boot, begun=frozenset(begun), answers=answers)
