"""What is remembered of a call before it leaves, so that another process can find out what became of it.

A transport knows no database; who remembers registers here when Django starts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Remembered:
    """One call: by which mailer, under which key, for whom; `replay` is how long the provider knows the key."""

    mailer: str
    key: str
    deliveries: list[int]
    recipients: list[str]
    replay: timedelta


class Memory(Protocol):
    def remember(self, call: Remembered) -> int:
        """Keep it, durably, before the request leaves; returns its number."""

    def forget(self, numbers: Sequence[int]) -> None:
        """What became of every mail in these calls is known; they must never be repeated."""


class NoMemory:
    def remember(self, call: Remembered) -> int:
        return 0

    def forget(self, numbers: Sequence[int]) -> None:
        pass


_memories: list[Memory] = [NoMemory()]


def register(memory: Memory) -> None:
    """Name who remembers calls; called once, when the project is wired."""
    _memories[:] = [memory]


def current() -> Memory:
    return _memories[0]
