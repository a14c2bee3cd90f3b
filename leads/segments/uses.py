"""What segments are used for: upper apps say so when Django starts, and what is used is not deleted."""

from collections.abc import Callable, Sequence

Finder = Callable[[int], Sequence[str]]

_finders: list[Finder] = []


def register(finder: Finder) -> None:
    """Name a function that knows by what a segment (its id) is used: names that staff know."""
    if finder not in _finders:
        _finders.append(finder)


def of(segment_id: int) -> list[str]:
    """Everything that uses this segment, by name."""
    return [name for finder in _finders for name in finder(segment_id)]
