"""The windows of one lease, one after another, and what waits to be written with the next mark.

While a window leaves, the gate looks at the next one, and while PostgreSQL works for the gate, mail goes on leaving:
else every connection to the relay would be idle for that long. It looks ahead only where nothing is rationed, and only
while windows leave so quickly that what it saw is still fresh when the next one begins.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from newsletter.deliveries import claim, record
from newsletter.deliveries.admission import gate, letters
from newsletter.deliveries.admission.gate import Admitted
from newsletter.deliveries.claim import Lease
from newsletter.deliveries.pacing.pace import Pace
from newsletter.deliveries.record import Record
from newsletter.deliveries.sending import meanwhile
from newsletter.deliveries.standing import holds
from newsletter.deliveries.transport.answers import LaneTransport

QUICK = 0.5
"""Seconds within which half a window must have left for the next one to be looked at ahead."""

HOLD_SECONDS = 0.5
RENEW_SECONDS = 15.0
"""So often a lease is renewed while one window of it leaves: a relay may take minutes over a mail."""

FIRST = 100
SECONDS = 2.0


@dataclass(slots=True)
class Stride:
    """How many leave between two looks of the gate: what the relay takes in two seconds, and `most` at most.

    Not fewer than can be under way at once, or a relay that takes longer over each mail would get one at a time.
    """

    most: int
    size: int = FIRST

    def learn(self, count: int, seconds: float, *, at_once: int = 1) -> None:
        """So many were handed over in this time."""
        if count:
            self.size = max(at_once, int(count / max(seconds, 0.001) * SECONDS))

    @property
    def length(self) -> int:
        return min(self.size, self.most)


class Windows:
    """`unwritten` is what has become known and is not committed; `is_over` when the gate has closed the lease.

    `is_held` when nothing more of it may begin: it was held or paused, or is somebody else's by now.
    """

    def __init__(self, lease: Lease, *, stride: Stride, pace: Pace, transport: LaneTransport) -> None:
        self.unwritten = Record()
        self.is_over = False
        self.is_held = False
        self._lease = lease
        self._stride = stride
        self._pace = pace
        self._wait: meanwhile.Wait | None = getattr(transport, "go_on_until", None)
        self._halt: Callable[[], None] | None = getattr(transport, "halt", None)
        self._width: int = getattr(transport, "width", 1)
        self._under_way: list[int] = []
        self._ahead: Admitted | None = None
        self._problem: Exception | None = None
        self._trouble: Exception | None = None
        self._began_at = self._asked_at = self._looked_at = self._renewed_at = 0.0

    def next(self) -> Admitted | None:
        """What may leave now; None when the lease is at its end, or its lane at its limit.

        Raises LeaseLost when somebody else has the lease; what is not committed is in `unwritten` then.
        """
        admitted = self._taken()
        if admitted is not None and admitted.is_stale():
            self._put_back(admitted)
            self._wait = None
            admitted = None
        admitted = admitted or self._look()
        if admitted is not None:
            admitted.letters = letters.of(admitted.rows)
            self._under_way = [row.id for row in admitted.rows] if self._lease.is_later else []
        self._began_at = self._renewed_at = time.monotonic()
        self._asked_at = self._looked_at
        if admitted is not None:
            self._ask()  # the commit may have taken long, and no hold waits for that
        return admitted

    def left(self, count: int) -> None:
        """So many of the window were handed over."""
        self._stride.learn(count, time.monotonic() - self._began_at, at_once=self._width)

    def look_ahead(self) -> None:
        """Have the gate look at the next window, if that is worth it; called when half of this one has left.

        A problem is kept until then: what is under way has to be finished first.
        """
        is_quick = time.monotonic() - self._began_at < QUICK
        is_last = self._lease.is_later or not self._lease.left
        if self._wait is None or is_last or not is_quick or not self._pace.is_free:
            return
        passed, self.unwritten = self.unwritten, Record()
        try:
            self._looked_at = time.monotonic()
            with meanwhile.going_on(self._go_on):
                self._ahead = gate.admit_ahead(self._lease, passed, window=self._stride.length)
        except Exception as problem:  # noqa: BLE001 - raised by next
            self.unwritten = passed
            self._problem = problem
        if self._trouble is not None:
            raise self._trouble

    def stop(self) -> None:
        """Nothing more may begin: what the gate has let through ahead waits for the next sender."""
        admitted = self._taken()
        if admitted is not None:
            self._put_back(admitted)

    def look_about(self) -> None:
        """Ask, twice a second at most, whether what has not begun still may; keep the lease while one window lasts."""
        if self._ask() and self.is_held:
            self.halt()

    def halt(self) -> None:
        """What was rendered ahead must not begin any more."""
        if self._halt is not None:
            self._halt()

    def _ask(self) -> bool:
        """Whether it was time to ask; `is_held` is the answer."""
        now = time.monotonic()
        if now - self._asked_at <= HOLD_SECONDS:
            return False
        self._asked_at = now
        is_stopped = holds.stops_senders(self._lease.lane) or claim.is_paused(self._lease, self._under_way)
        self.is_held = self._is_lost(now) or is_stopped or self.is_held
        return True

    def _is_lost(self, now: float) -> bool:
        if now - self._renewed_at < RENEW_SECONDS:
            return False
        self._renewed_at = now
        return not claim.renew(self._lease, self._under_way)

    def _put_back(self, admitted: Admitted) -> None:
        rest = record.RELAY_REST if self.unwritten.relay_is_down else timedelta()
        for row in admitted.rows:
            self.unwritten.postpone(admitted.subject(row), until=admitted.at + rest, reason="not begun")

    def _go_on(self, file: int, events: int) -> int:
        """A trouble of the wire's must not end a question to PostgreSQL halfway; it is raised after the answer."""
        if self._trouble is None and self._wait is not None:
            try:
                return self._wait(file, events)
            except Exception as trouble:  # noqa: BLE001 - raised by look_ahead
                self._trouble = trouble
        return meanwhile.idle(file, events)

    def _look(self) -> Admitted | None:
        wanted = self._lease.left
        room = self._pace.take(min(self._stride.length, wanted))
        if wanted and not room:
            return None
        if self._lease.is_later and room < wanted:  # later rows leave together
            claim.narrow(self._lease, room)
        passed, self.unwritten = self.unwritten, Record()
        self._looked_at = time.monotonic()
        try:
            admitted = gate.admit(self._lease, passed, window=room)
        except gate.LeaseLost:
            self.unwritten = passed
            raise
        self.is_over = admitted is None
        return admitted

    def _taken(self) -> Admitted | None:
        """What the gate saw ahead, if it was asked to look."""
        ahead, self._ahead = self._ahead, None
        problem, self._problem = self._problem, None
        if problem is not None and not isinstance(problem, gate.Cut):
            raise problem
        return ahead
