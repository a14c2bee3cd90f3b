"""What the connections of one send share: the mails still to take, the journal, and the answers given."""

from collections import Counter, deque
from collections.abc import Iterable

from newsletter.deliveries.transport.answers import Answer, FinishedMail, Journal, seconds

MOST_CHANCES = 2
MOST_AHEAD = 16
"""So many mails are finished while the relay thinks; more would only lie in memory."""


class JournalFailed(Exception):
    """The journal could not be written; never to be mistaken for a connection's trouble."""


class Work:
    """Mails go out by take() and come back as answers, or by give_back() if they were never begun.

    Mails are drawn from the iterable one at a time, as a connection has room, and some ahead while the relay
    thinks. If the iterable raises, no further mail is drawn and `error` keeps the exception until those under way
    have their answers.
    """

    def __init__(self, mails: Iterable[FinishedMail], journal: Journal) -> None:
        self._mails = iter(mails)
        self._returned: deque[FinishedMail] = deque()
        self._ahead: deque[FinishedMail] = deque()
        self._chances: Counter[int] = Counter()
        self._is_drawn_out = False
        self._journal = journal
        self.answers: deque[Answer] = deque()
        self.is_stopped = False
        self.error: Exception | None = None

    def take(self) -> FinishedMail | None:
        if self.is_stopped:
            return None
        if self._returned:
            return self._returned.popleft()
        if self._ahead:
            return self._ahead.popleft()
        return None if self._is_drawn_out else self._draw()

    @property
    def has_room_ahead(self) -> bool:
        return len(self._ahead) < MOST_AHEAD and not self._is_drawn_out and not self.is_stopped

    def draw_ahead(self) -> None:
        """Draw one mail before a connection has room for it."""
        mail = self._draw()
        if mail is not None:
            self._ahead.append(mail)

    def is_late(self, mail: FinishedMail) -> bool:
        """Whether this mail must not begin any more; it is dropped without an answer."""
        return seconds() > mail.begin_by

    def give_back(self, mail: FinishedMail, *, otherwise: Answer) -> None:
        """Offer a mail that was not begun to the next connection, or answer it if it had its chances."""
        self._chances[mail.key] += 1
        if self._chances[mail.key] > MOST_CHANCES:
            self.answers.append(otherwise)
        else:
            self._returned.append(mail)

    def note_begin(self, mail: FinishedMail) -> None:
        try:
            self._journal.begin(mail.key)
        except OSError as error:
            raise JournalFailed(str(error)) from error

    def note_reply(self, mail: FinishedMail, code: int) -> None:
        try:
            self._journal.answered(mail.key, code)
        except OSError as error:
            raise JournalFailed(str(error)) from error

    def is_empty(self) -> bool:
        """True when there is no mail left to take; may draw one to find out."""
        mail = self.take()
        if mail is not None:
            self._returned.appendleft(mail)
        return mail is None

    def stop(self) -> None:
        """Let nothing more begin."""
        self.is_stopped = True

    def _draw(self) -> FinishedMail | None:
        try:
            mail = next(self._mails, None)
        except Exception as error:  # noqa: BLE001 - raised again by the client, after the answers under way
            self.error = error
            mail = None
        self._is_drawn_out = mail is None
        return mail
