"""The bell: how a sender slot is told that there is work. It may be lost at any time; the tick rings again."""

from collections.abc import Callable

from django.db import transaction

_ringers: list[Callable[[str], None]] = []


def register(ringer: Callable[[str], None]) -> None:
    """Name the function that wakes the senders of a lane; called once, when the project is wired."""
    _ringers[:] = [ringer]


def ring(lane: str) -> None:
    """Wake the lane's senders once the current transaction has committed."""
    transaction.on_commit(lambda: _ring_now(lane))


def _ring_now(lane: str) -> None:
    for ringer in _ringers:
        ringer(lane)
