"""Work of many parts of which one that fails keeps no other from its turn."""

from collections.abc import Callable, Iterable

from django.db import OperationalError


def each[Part](parts: Iterable[Part], act: Callable[[Part], int], *, otherwise: str) -> int:
    """The sum of what was done; what failed is raised together at the end. A database that is away ends it at once."""
    done, failed = 0, []
    for part in parts:
        try:
            done += act(part)
        except OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 - raised below, after the others have had their turn
            failed.append(error)
    if failed:
        raise ExceptionGroup(otherwise, failed)
    return done
