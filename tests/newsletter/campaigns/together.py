"""Acts that happen at the same moment, on connections of their own."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection


def in_two_threads(act: Callable[[], Any], other: Callable[[], Any] | None = None) -> list[Any]:
    """What both come back with, in order; the same act twice, or one beside the other."""
    together, found = threading.Barrier(2), []

    def run(mine: Callable[[], Any]) -> None:
        together.wait()
        found.append(mine())
        connection.close()

    threads = [threading.Thread(target=run, args=(mine,)) for mine in (act, other or act)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(found)
