"""The windows of one lease, one after another, and what waits to be written with the next mark.

While a window leaves, the gate looks at the next one, on a thread and a database connection of its own: else every
connection to the relay would be idle for as long as PostgreSQL works. It looks ahead only where nothing is
rationed, and only while windows leave so quickly that what it saw is still fresh when the next one begins.
"""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from django.db import connection, connections

from newsletter.deliveries import claim, gate
from newsletter.deliveries.claim import Lease
from newsletter.deliveries.gate import Admitted
from newsletter.deliveries.pace import Pace
from newsletter.deliveries.record import Record

QUICK = 0.5
"""Seconds within which half a window must have left for the next one to be looked at ahead."""


class GateThread(ThreadPoolExecutor):
    """Where the gate looks ahead. Its database connection is opened when it is first asked, and closed at the end."""

    def __init__(self) -> None:
        super().__init__(max_workers=1, thread_name_prefix="gate")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._threads:
            self.submit(connections.close_all).result()
        super().__exit__(kind, error, trace)

    def look(self, lease: Lease, pending: Record, *, window: int) -> Future[Admitted | None]:
        return self.submit(_look_ahead, lease, pending, window)


class Windows:
    """`unwritten` is what has become known and is not committed; `is_over` when the gate has closed the lease."""

    def __init__(self, lease: Lease, *, window: int, pace: Pace, thread: GateThread | None) -> None:
        self.unwritten = Record()
        self.is_over = False
        self._lease = lease
        self._window = window
        self._pace = pace
        self._thread = thread
        self._asked: Future[Admitted | None] | None = None
        self._passed = Record()
        self._began_at = 0.0

    def next(self) -> Admitted | None:
        """What may leave now; None when the lease is at its end, or its lane at its limit.

        Raises LeaseLost when somebody else has the lease; what is not committed is in `unwritten` then.
        """
        admitted = self._answer() or self._look()
        self._began_at = time.monotonic()
        return admitted

    def look_ahead(self) -> None:
        """Have the gate look at the next window, if that is worth it; called when half of this one has left."""
        is_quick = time.monotonic() - self._began_at < QUICK
        is_alone = self._lease.is_later or not self._lease.left
        if self._thread is None or is_alone or not is_quick or not self._pace.is_free:
            return
        self._passed, self.unwritten = self.unwritten, Record()
        self._asked = self._thread.look(self._lease, self._passed, window=self._window)

    def stop(self) -> None:
        """Nothing more may begin: what the gate has let through ahead waits for the next sender."""
        try:
            admitted = self._answer()
        except gate.LeaseLost:
            return
        if admitted is None:
            return
        for row in admitted.rows:
            self.unwritten.postpone(admitted.subject(row), until=admitted.at, reason="not begun")

    def _look(self) -> Admitted | None:
        wanted = self._lease.left
        room = self._pace.take(min(self._window, wanted))
        if wanted and not room:
            return None
        if self._lease.is_later and room < wanted:  # later rows leave together
            claim.narrow(self._lease, room)
        passed, self.unwritten = self.unwritten, Record()
        try:
            admitted = gate.admit(self._lease, passed, window=room)
        except gate.LeaseLost:
            self.unwritten = passed
            raise
        self.is_over = admitted is None
        return admitted

    def _answer(self) -> Admitted | None:
        """What the gate saw ahead, if it was asked to look."""
        if self._asked is None:
            return None
        asked, self._asked = self._asked, None
        try:
            return asked.result()
        except (gate.LeaseLost, gate.Cut) as problem:
            self._passed.extend(self.unwritten)
            self.unwritten = self._passed
            if isinstance(problem, gate.LeaseLost):
                raise
            return None


def _look_ahead(lease: Lease, pending: Record, window: int) -> Admitted | None:
    if connection.connection is None:
        gate.limit_idling()
    return gate.admit_ahead(lease, pending, window=window)
