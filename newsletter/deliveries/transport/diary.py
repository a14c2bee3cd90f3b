"""The journal, as several threads write it; closed with the round that they belong to.

A call that ends after its round has ended must not write into a journal that tells of something else by then.
"""

import threading
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from newsletter.deliveries.transport.answers import NOBODY_THERE, Answer, Journal
from newsletter.deliveries.transport.classify import Verdict, classify

CODES = {
    Verdict.SUBMITTED: 250,
    Verdict.RETRY: 451,
    Verdict.RELAY_DOWN: 451,
    Verdict.REFUSED_RECIPIENT: NOBODY_THERE,
    Verdict.REFUSED_POLICY: 550,
}


class Closed(Exception):
    """The round is over; nothing may begin."""


class Diary:
    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._lock = threading.Lock()
        self._is_open = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._is_open = False

    def begin(self, keys: Iterable[int]) -> None:
        """Note that these mails are about to leave, before they do; raises Closed."""
        with self._lock:
            if not self._is_open:
                raise Closed
            for key in keys:
                self._journal.begin(key)

    def answered(self, answers: Iterable[Answer]) -> None:
        """Note what is known of each mail; one that is in doubt has no answer to note."""
        with self._lock:
            if not self._is_open:
                return
            for answer in answers:
                code = CODES.get(classify(answer))
                if code is not None:
                    self._journal.answered(answer.key, code)
