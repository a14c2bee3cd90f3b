"""What is wrong, or worth knowing, in words that say what to do."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Level(StrEnum):
    WRONG = "wrong"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """`since` is None where nobody knows; `room` is the studio's page about it, by the name of its address."""

    what: str
    advice: str
    since: datetime | None = None
    room: str = ""
    level: Level = Level.WRONG


Look = Callable[[datetime], Iterable[Finding]]
