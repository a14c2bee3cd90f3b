"""What a sender hears while it hands over: whether the relay is there (breaker), and whether it wants us (guard)."""

from leads.people import addresses
from newsletter.deliveries import guard, record
from newsletter.deliveries.models import CHUNK_SIZE, Lane
from newsletter.deliveries.transport.answers import Answer
from newsletter.deliveries.transport.classify import Verdict

MARKS = {Verdict.SUBMITTED: guard.OTHER, Verdict.REFUSED_RECIPIENT: guard.OTHER, Verdict.REFUSED_POLICY: guard.REFUSED}


class Watch:
    """One lease's worth of listening. `heard` are all answers, `decided` those that the other side gave itself."""

    def __init__(self) -> None:
        self.heard = 0
        self.decided = 0
        self.silence = ""
        self.retry_after: float | None = None
        self._marks: dict[int, list[str]] = {}
        self._words = ""

    def see(self, answer: Answer, verdict: Verdict) -> None:
        self.heard += 1
        mark = MARKS.get(verdict)
        if mark is not None:
            self.decided += 1
            self._marks.setdefault(answer.key // CHUNK_SIZE, []).append(mark)
            if mark is guard.REFUSED:
                self._words = addresses.masked_in(record.describe(answer))[:200]
        elif verdict is Verdict.RETRY and answer.code is not None:
            self.decided += 1
        else:
            self.silence = addresses.masked_in(record.describe(answer))[:200]
            self.retry_after = answer.retry_after or self.retry_after

    def report(self, lane: str) -> None:
        """Tell the guard about the window that has just left; transactional mail is nobody's campaign."""
        marks, words = self._marks, self._words
        self._marks, self._words = {}, ""
        if marks and lane == Lane.MARKETING:
            guard.report({chunk: "".join(said) for chunk, said in marks.items()}, words=words)
