"""What is remembered of a call before it leaves, so that another process can find out what became of it.

A transport knows no database; who remembers registers here when Django starts.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Remembered:
    """One call: by which mailer, under which key, for whom; `replay` is how long the provider knows the key."""

    mailer: str
    key: str
    deliveries: list[int]
    replay: timedelta


class Memory(Protocol):
    def remember(self, call: Remembered) -> int:
        """Keep it, durably, before the request leaves; returns its number."""

    def forget(self, number: int) -> None:
        """The provider has refused the call as a whole; it must never be repeated."""


class NoMemory:
    def remember(self, call: Remembered) -> int:
        return 0

    def forget(self, number: int) -> None:
        pass


_memories: list[Memory] = [NoMemory()]


def register(memory: Memory) -> None:
    """Name who remembers calls; called once, when the project is wired."""
    _memories[:] = [memory]


def current() -> Memory:
    return _memories[0]
