"""While PostgreSQL works, something else goes on, in the same thread.

The driver's statements are generators that say what they wait for; who runs them decides what to do until then.
What goes on must not ask the database itself: there is one connection, and it is busy.
"""

import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from psycopg.abc import PQGen

Wait = Callable[[int, int], int]
"""Given a file and what is waited for (1 to read, 2 to write), does other work until one of it is possible."""


def idle(file: int, events: int) -> int:
    """Do nothing else."""
    poll = select.poll()
    poll.register(file, (select.POLLIN if events & 1 else 0) | (select.POLLOUT if events & 2 else 0))
    ((_, found),) = poll.poll()
    return (events & 1 if found & ~select.POLLOUT else 0) | (events & 2 if found & ~select.POLLIN else 0)


@contextmanager
def going_on(wait: Wait) -> Iterator[None]:
    """Inside, whatever waits for PostgreSQL on this thread's connection waits so."""
    connection.ensure_connection()
    driver = connection.connection

    def run(statement: PQGen[Any], *args: Any, **kwargs: Any) -> Any:
        try:
            awaited = next(statement)
            while True:
                awaited = statement.send(wait(driver.pgconn.socket, int(awaited)))
        except StopIteration as done:
            return done.value

    driver.wait = run
    try:
        yield
    finally:
        del driver.wait
