"""What goes into a transport, and what comes out of it.

A transport takes finished mails and gives exactly one answer for each mail it took; one that could
not begin in time, through no fault of the other side, may be left without. An answer says what is
known, never what it means: that is for classify. `accepted` has three values on purpose:

    True   the other side has taken the mail
    False  it has not, and cannot have it whole: a reply said so, or the end of the mail never left
    None   the mail may have left completely, and nobody answered
"""

import time
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from functools import partial
from math import inf
from typing import NamedTuple, Protocol, runtime_checkable

from newsletter.rendering.copies import Copy

seconds: Callable[[], float] = (
    partial(time.clock_gettime, time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic
)
"""A clock that goes on while the machine sleeps, where there is one."""


class Phase(StrEnum):
    """How far the conversation had come when the answer was known."""

    CONNECT = "connect"
    GREETING = "greeting"
    TLS = "tls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    DOT = "dot"
    QUIT = "quit"
    REQUEST = "request"  # a provider's API: one request is the whole conversation


class FinishedMail(NamedTuple):
    """One mail to one person: RFC 5322 bytes with CRLF line ends.

    A line that starts with a dot need not be doubled; a transport that needs it does it, unless `has_dots` says
    that there is none. `made_of`, where it is known, says the same as the bytes. A body must not begin after
    `begin_by` (see `seconds`): whoever let the mail through would have to look again.
    """

    key: int
    sender: str
    recipient: str
    content: bytes
    made_of: Copy | None = None
    has_dots: bool = True
    begin_by: float = inf


class Answer(NamedTuple):
    """What is known of one mail. `code` is the reply's number: SMTP's, or HTTP's in the phase `request`."""

    key: int
    phase: Phase
    accepted: bool | None
    code: int | None = None
    enhanced: str | None = None
    text: str = ""
    error: str | None = None  # the name of the exception, when there was no reply
    retry_after: float | None = None  # seconds that the other side asked to be left alone


def nobody() -> None:
    """Nobody looks."""


UNSENDABLE = "Unsendable"
"""The error of a mail that we never offered: what the relay announces, or SMTP, leaves no way to say it."""

NOBODY_THERE = 5511
"""What a journal keeps of a mail to whose address nobody lives: the reply's code alone does not say so."""


class Journal(Protocol):
    """Where a transport notes what must be known after its process was killed."""

    def begin(self, key: int) -> None:
        """Note that this mail's body is about to leave; returns before its first byte does."""

    def answered(self, key: int, code: int) -> None:
        """Note the reply to this mail's final dot, or what refused it for good, as soon as it has been read."""


@runtime_checkable
class LaneTransport(Protocol):
    """What a lane sends through.

    It may say more of itself: its `width`, how many mails it has under way at once; `halt` and `go_on_until`, as the
    SMTP client has them.
    """

    def submit(
        self, mails: Iterable[FinishedMail], *, journal: Journal, look: Callable[[], object] = nobody
    ) -> Iterator[Answer]:
        """Yield one answer per mail as the answers come; mails are taken only as they can leave.

        While no answer comes, `look` is called at least twice a second; it may halt this.
        """

    def close(self) -> None:
        """Take leave politely, within a bounded time."""
