"""What a sender meets while it works, for the state machine: a relay that answers by a script, and its death."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import cycle

from django.db import connection

from newsletter.deliveries.models import CHUNK_SIZE
from newsletter.deliveries.sending import meanwhile
from newsletter.deliveries.transport.answers import Answer, FinishedMail, Journal, Phase

ANSWERS = {
    "yes": {"phase": Phase.DOT, "accepted": True, "code": 250, "text": "queued as 4F2"},
    "later": {"phase": Phase.RCPT, "accepted": False, "code": 450, "enhanced": "4.2.0"},
    "later at the dot": {"phase": Phase.DOT, "accepted": False, "code": 451},
    "nobody": {"phase": Phase.RCPT, "accepted": False, "code": 550, "enhanced": "5.1.1"},
    "unwanted": {"phase": Phase.DOT, "accepted": False, "code": 554, "enhanced": "5.7.1"},
    "down": {"phase": Phase.CONNECT, "accepted": False, "error": "ConnectionRefusedError"},
    "lost, taken": {"phase": Phase.DOT, "accepted": None, "error": "EOFError"},
    "lost, not taken": {"phase": Phase.DOT, "accepted": None, "error": "EOFError"},
}
TAKEN = {"yes", "lost, taken"}
DEATHS = ("before the begin", "after the begin", "after it was taken", "after the answer", "before the outcomes")


class Killed(BaseException):
    """The sender's process is gone: nothing of it runs any more."""


@dataclass
class Script:
    """What the relay says, one answer after the other and over again, and what happens at which mail."""

    answers: tuple[str, ...] = ("yes",)
    at: int = -1
    death: str = ""
    event: Callable[[], None] | None = None


@dataclass
class Relay:
    """A transport for the engine; `taken` is the truth about who got how many mails."""

    taken: Counter[int] = field(default_factory=Counter)
    script: Script = field(default_factory=Script)
    looks_ahead: int = 0

    def submit(
        self, mails: Iterable[FinishedMail], *, journal: Journal, look: Callable[[], object]
    ) -> Iterator[Answer]:
        said = cycle(self.script.answers)
        for place, mail in enumerate(mails):
            is_here = place == self.script.at
            if is_here and self.script.event is not None:
                event, self.script.event = self.script.event, None
                event()
            yield from self._one(mail, next(said), journal, death=self.script.death if is_here else "")
        if self.script.death == "before the outcomes":
            raise Killed

    def go_on_until(self, file: int, events: int) -> int:
        """The gate may look at the next window while one is under way, as it does where mail really leaves."""
        self.looks_ahead += 1
        return meanwhile.idle(file, events)

    def close(self) -> None:
        pass

    def _one(self, mail: FinishedMail, said: str, journal: Journal, *, death: str) -> Iterator[Answer]:
        self._die(death, "before the begin")
        journal.begin(mail.key)
        self._die(death, "after the begin")
        if said in TAKEN:
            self.taken[mail.key] += 1
        self._die(death, "after it was taken")
        answer = Answer(mail.key, **ANSWERS[said])
        if answer.code and answer.phase is Phase.DOT:
            journal.answered(mail.key, answer.code)
        self._die(death, "after the answer")
        yield answer

    def _die(self, death: str, point: str) -> None:
        if death == point:
            raise Killed


def not_handed_over(lead_id: int) -> list[int]:
    """This person's deliveries that no sender has marked: nothing of them can be on its way."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT d.id FROM newsletter_delivery d JOIN newsletter_chunk c ON c.id = d.id / {CHUNK_SIZE}
            LEFT JOIN newsletter_later l ON l.delivery_id = d.id
            WHERE d.lead_id = %s
              AND CASE WHEN l.delivery_id IS NULL THEN d.id %% {CHUNK_SIZE} >= c.mark ELSE l.marked_at IS NULL END
            """,  # noqa: S608
            [lead_id],
        )
        return [found for (found,) in cursor.fetchall()]


def leases_run_out() -> None:
    with connection.cursor() as cursor:
        for table in ("newsletter_chunk", "newsletter_later"):
            cursor.execute(f"UPDATE {table} SET lease_until = 'epoch' WHERE lease_until IS NOT NULL")  # noqa: S608


def everything_is_due() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE newsletter_chunk SET due_at = clock_timestamp() WHERE NOT done")
        cursor.execute("UPDATE newsletter_later SET due_at = clock_timestamp()")


def a_week_passes() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE newsletter_uncertain SET since = since - interval '8 days'")


def fences() -> dict[int, tuple[int, int]]:
    """Each chunk's fence and mark."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, fence, mark FROM newsletter_chunk")
        return {chunk: (fence, mark) for chunk, fence, mark in cursor.fetchall()}
