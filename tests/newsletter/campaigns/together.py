"""Acts that happen at the same moment, on connections of their own."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection


def until_somebody_waits(lock: int) -> None:
    """Return when somebody waits for this advisory lock."""
    with connection.cursor() as cursor:
        for _ in range(100_000):
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted", [lock]
            )
            if cursor.fetchone() == (1,):
                return
    raise AssertionError("Nobody waited.")


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
