"""The SMTP client: one thread, several connections, answers as they come.

Connections stay open between sends. Each takes its next mail when it has room, so mails are rendered while
others are in flight. A connection that cannot be opened stands down for the rest of the send and the others
go on; when the last one has stood down, every mail that is left is answered with the reason at once.
"""

import math
import selectors
import socket
import time
from collections.abc import Callable, Iterable, Iterator

from newsletter.deliveries.transport.answers import Answer, FinishedMail, Journal, Phase, nobody
from newsletter.deliveries.transport.connection import Connection
from newsletter.deliveries.transport.options import SmtpOptions
from newsletter.deliveries.transport.wire import AddressInfo
from newsletter.deliveries.transport.work import Work

AT_A_TIME = 3
"""So many mails are drawn ahead between two looks for replies: that takes less than a relay takes for one mail."""


BREATH = 0.5
"""Seconds without any reply after which whoever sends looks about them."""


class Awaited:
    """Somebody else's file, waited for among the connections."""

    ready = 0

    def wake(self, mask: int) -> None:
        self.ready = mask


class SmtpClient:
    _work: Work

    def __init__(self, options: SmtpOptions) -> None:
        self._options = options
        self._selector = selectors.DefaultSelector()
        context = options.tls_context()
        self._connections = [Connection(options, context, self._selector) for _ in range(options.connections)]
        self._addresses: list[AddressInfo] = []

    def send(
        self, mails: Iterable[FinishedMail], *, journal: Journal, look: Callable[[], object] = nobody
    ) -> Iterator[Answer]:
        """Yield exactly one answer for every mail that was taken; `look` while there is none.

        Closed early, it lets nothing more begin and gives the bodies that are under way a few seconds; what
        became of them is then in the journal. If `mails` raises, the mails under way are answered first.
        """
        work = self._work = Work(mails, journal)
        self._start_afresh()
        try:
            yield from self._carry(work, look)
        except GeneratorExit:
            self._finish_bodies(work)
            raise
        finally:
            self._drop_busy()
        if work.error is not None:
            raise work.error

    def go_on_until(self, file: int, events: int) -> int:
        """Go on with the mails of the send under way until this file can be read or written; returns which."""
        awaited = Awaited()
        self._selector.register(file, events, awaited)
        try:
            while not awaited.ready:
                self._employ(self._work)
                self._turn(self._busy(), work=self._work)
        finally:
            self._selector.unregister(file)
        return awaited.ready

    def halt(self) -> None:
        """Let nothing more of the send under way begin; what has begun gets its answer."""
        self._work.stop()

    def close(self) -> None:
        """Say QUIT on every connection and wait for the replies, but not long."""
        self._drop_busy()
        for connection in self._connections:
            if connection.is_idle:
                connection.quit()
        until = time.monotonic() + self._options.closing_timeout
        while (busy := self._busy()) and time.monotonic() < until:
            self._turn(busy, until)
        self._drop_busy()
        self._selector.close()

    def _carry(self, work: Work, look: Callable[[], object]) -> Iterator[Answer]:
        while True:
            self._employ(work)
            while work.answers:
                yield work.answers.popleft()
            if busy := self._busy():
                self._turn(busy, work=work)
                if not work.answers:
                    look()
            elif reason := self._hopeless():
                yield from self._decline(work, reason)
                return
            elif work.is_empty():
                return

    def _employ(self, work: Work) -> None:
        for connection in self._connections:
            if connection.is_idle:
                connection.begin(work)
            elif connection.is_closed and connection.failure is None:
                mail = work.take()
                if mail is None:
                    return
                self._open(connection, work, mail)

    def _open(self, connection: Connection, work: Work, mail: FinishedMail) -> None:
        try:
            self._addresses = self._addresses or socket.getaddrinfo(
                self._options.host, self._options.port, type=socket.SOCK_STREAM
            )
        except OSError as problem:
            connection.failure = Answer(
                0, Phase.CONNECT, accepted=False, text=str(problem), error=type(problem).__name__
            )
            work.give_back(mail, otherwise=connection.failure._replace(key=mail.key))
        else:
            connection.open(work, mail, self._addresses)

    def _turn(self, busy: list[Connection], until: float = math.inf, *, work: Work | None = None) -> None:
        """Wait for the next thing to happen and let the connections deal with it; draw mails of `work` until then.

        Replies that are there are read before any clock is looked at: whoever consumes the answers may have
        let us wait for longer than a relay has time.
        """
        deadline = min([connection.deadline for connection in busy], default=until)
        ready = self._use_the_wait(work) if work else []
        for key, mask in ready or self._selector.select(_seconds_left(min(deadline, until))):
            key.data.wake(mask)
        now = time.monotonic()
        if deadline <= now:  # no reply makes one earlier
            for connection in busy:
                if connection.deadline <= now:
                    connection.expire()

    def _use_the_wait(self, work: Work) -> list[tuple[selectors.SelectorKey, int]]:
        """Draw mails ahead, a few at a time, as long as nothing happens; returns what did."""
        while work.has_room_ahead:
            if ready := self._selector.select(0):
                return ready
            for _ in range(AT_A_TIME):
                if work.has_room_ahead:
                    work.draw_ahead()
        return []

    def _busy(self) -> list[Connection]:
        return [connection for connection in self._connections if connection.is_busy]

    def _hopeless(self) -> Answer | None:
        """The reason why nothing more can be sent, if every connection has stood down."""
        reasons = [connection.failure for connection in self._connections]
        return reasons[-1] if all(reasons) else None

    def _decline(self, work: Work, reason: Answer) -> Iterator[Answer]:
        while (mail := work.take()) is not None:
            yield reason._replace(key=mail.key)

    def _start_afresh(self) -> None:
        """Let every connection try again, whatever happened to it before."""
        if self._busy():
            raise RuntimeError("another send of this client is still under way")
        self._addresses = []
        for connection in self._connections:
            connection.forgive()

    def _finish_bodies(self, work: Work) -> None:
        work.stop()
        until = time.monotonic() + self._options.closing_timeout
        while time.monotonic() < until:
            for connection in self._busy():
                if not connection.has_body_under_way:
                    connection.drop()
            if not self._busy():
                return
            self._turn(self._busy(), until)

    def _drop_busy(self) -> None:
        for connection in self._busy():
            connection.drop()


def _seconds_left(deadline: float) -> float:
    """Until then, but no longer than somebody else waits for a look."""
    return BREATH if deadline == math.inf else min(BREATH, max(0.0, deadline - time.monotonic()))
