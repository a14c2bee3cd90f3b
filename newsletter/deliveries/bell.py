"""The bell: how a sender slot is told that there is work. It may be lost at any time; the tick rings again.

Whoever asks the providers about doubts, or looks at links, is rung like a lane: only senders reach the outside.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import transaction

DOUBTS, LINKS = "doubts", "links"
"""Rung where a lane is: for those who ask providers what became of calls, and for links that wait for a look."""

_ringers: list[Callable[[str], None]] = []
_rung: ContextVar[dict[str, bool] | None] = ContextVar("rung", default=None)


def register(ringer: Callable[[str], None]) -> None:
    """Name the function that wakes the senders of a lane, or who asks; called once, when the project is wired."""
    _ringers[:] = [ringer]


@contextmanager
def muted() -> Iterator[None]:
    """For a process that does the work itself: whoever plans in it rings nobody. Not one of several threads' choice."""
    before = _ringers[:]
    _ringers.clear()
    try:
        yield
    finally:
        _ringers[:] = before


def ring(lane: str) -> None:
    """Wake the lane's senders once the current transaction has committed."""
    transaction.on_commit(lambda: _ring_now(lane))


@contextmanager
def sparingly() -> Iterator[None]:
    """Whoever plans much in many transactions rings a lane when there is first something to do, and at the end."""
    rung: dict[str, bool] = {}  # by lane, whether it should have been rung again
    before = _rung.set(rung)
    try:
        yield
    finally:
        _rung.reset(before)
        for lane in [lane for lane, again in rung.items() if again]:
            ring(lane)


def _ring_now(lane: str) -> None:
    rung = _rung.get()
    if rung is not None:
        rung[lane] = lane in rung
        if rung[lane]:
            return
    for ringer in _ringers:
        ringer(lane)
