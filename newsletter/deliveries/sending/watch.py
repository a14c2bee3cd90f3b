"""What a sender hears while it hands over: whether the relay is there (breaker), and whether it wants us (guard)."""

from collections import deque

from leads.people import addresses
from newsletter.deliveries import guard, record
from newsletter.deliveries.models import CHUNK_SIZE, Lane
from newsletter.deliveries.transport.answers import Answer
from newsletter.deliveries.transport.classify import Verdict

MARKS = {
    Verdict.SUBMITTED: guard.OTHER,
    Verdict.REFUSED_RECIPIENT: guard.NOBODY,
    Verdict.REFUSED_POLICY: guard.REFUSED,
}


SLOW_DOWN = frozenset({421, 429})
"""What a relay says that is there and has had enough for now: of this lane's mails and connections."""


class Watch:
    """One lease's worth of listening. `heard` are all answers, `decided` those that the other side gave itself.

    `is_slowed` where the other side did not decide, but asked for less.
    """

    def __init__(self) -> None:
        self.heard = 0
        self.decided = 0
        self.is_slowed = False
        self.silence = ""
        self.retry_after: float | None = None
        self._marks: dict[int, deque[str]] = {}
        self._words = ""

    def see(self, answer: Answer, verdict: Verdict) -> None:
        self.heard += 1
        mark = MARKS.get(verdict)
        if mark is not None:
            self.decided += 1
            self._marks.setdefault(answer.key // CHUNK_SIZE, deque(maxlen=guard.LAST)).append(mark)
            if mark is guard.REFUSED or (mark is guard.NOBODY and not self._words):
                self._words = addresses.masked_in(record.describe(answer))[:200]
        elif verdict is Verdict.RETRY and answer.code is not None:
            self.decided += 1
        else:
            self.silence = addresses.masked_in(record.describe(answer))[:200]
            self.is_slowed |= verdict is Verdict.RELAY_DOWN and answer.code in SLOW_DOWN
            self.retry_after = answer.retry_after or self.retry_after

    def report(self, lane: str, *, is_last: bool = False) -> bool:
        """Tell the guard what was heard, once there is a refusal among it or nothing more to come.

        Returns whether the guard stopped what is leaving. Transactional mail is nobody's campaign.
        """
        if not self._marks or not (self._words or is_last):
            return False
        marks, words = self._marks, self._words
        self._marks, self._words = {}, ""
        if lane != Lane.MARKETING:
            return False
        return guard.report({chunk: "".join(said) for chunk, said in marks.items()}, words=words)
