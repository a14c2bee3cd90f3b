"""What a sender hears while it hands over: whether the relay is there (breaker), and whether it wants us (guard)."""

from collections import deque

from leads.people import addresses
from newsletter.deliveries import guard, record
from newsletter.deliveries.models import CHUNK_SIZE, Lane
from newsletter.deliveries.transport.answers import UNSENDABLE, Answer, Phase
from newsletter.deliveries.transport.classify import Verdict

MARKS = {
    Verdict.SUBMITTED: guard.OTHER,
    Verdict.REFUSED_RECIPIENT: guard.NOBODY,
    Verdict.REFUSED_POLICY: guard.REFUSED,
}


SLOW_DOWN = frozenset({421, 429})
"""What a relay says that is there and has had enough for now: of this lane's mails and connections."""


class Watch:
    """One lease's worth of listening.

    `heard` are all answers to what was offered, `decided` those that the other side gave itself. `is_slowed` where
    the other side did not decide, but asked for less; `is_silent` where nothing was decided in the last window.
    """

    def __init__(self) -> None:
        self.heard = 0
        self.decided = 0
        self.is_slowed = False
        self.is_silent = False
        self.silence = ""
        self.retry_after: float | None = None
        self._before = (0, 0)
        self._marks: dict[int, deque[str]] = {}
        self._words = ""

    def see(self, answer: Answer, verdict: Verdict) -> None:
        mark = MARKS.get(verdict)
        if answer.error == UNSENDABLE:
            if answer.phase is Phase.MAIL:  # the letter does not fit, whoever reads it
                self._count(answer, guard.REFUSED)
            return
        self.heard += 1
        if mark is not None:
            self.decided += 1
            self._count(answer, mark)
        elif verdict is Verdict.RETRY and answer.code is not None:
            self.decided += 1
        else:
            self.silence = addresses.masked_in(record.describe(answer))[:200]
            self.is_slowed |= verdict is Verdict.RELAY_DOWN and answer.code in SLOW_DOWN
            self.retry_after = answer.retry_after or self.retry_after

    def end_window(self) -> None:
        heard, decided = self._before
        self.is_silent = self.heard > heard and self.decided == decided
        self._before = (self.heard, self.decided)

    def _count(self, answer: Answer, mark: str) -> None:
        self._marks.setdefault(answer.key // CHUNK_SIZE, deque(maxlen=guard.LAST)).append(mark)
        if mark is guard.REFUSED or (mark is guard.NOBODY and not self._words):
            self._words = addresses.masked_in(record.describe(answer))[:200]

    def report(self, lane: str, *, is_last: bool = False) -> bool:
        """Tell the guard what was heard, once there is a refusal among it or nothing more to come.

        Returns whether the guard stopped what is leaving. Transactional mail is nobody's campaign, and is not stopped.
        """
        if not self._marks or not (self._words or is_last):
            return False
        marks, words = {chunk: "".join(said) for chunk, said in self._marks.items()}, self._words
        self._marks, self._words = {}, ""
        if lane == Lane.MARKETING:
            return guard.report(marks, words=words)
        guard.report_alone("".join(marks.values()), words=words)
        return False

    def believes(self, answer: Answer, lane: str) -> bool:
        """Whether nobody lives there, as the answer says. In doubt a campaign is stopped; other mail waits."""
        if lane == Lane.MARKETING or answer.error == UNSENDABLE:
            return True
        self.report(lane, is_last=True)
        return guard.doubted() is None
