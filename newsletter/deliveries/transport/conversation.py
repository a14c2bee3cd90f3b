"""The mails of one open SMTP session, one after another. Knows no socket and no clock.

Where the relay announces PIPELINING, the body and dot of one mail and the envelope of the next leave in one
write, so that a mail costs one round trip. The body of the next one waits for the reply to that dot: at any
moment at most one mail of a session is in doubt. Without PIPELINING each command waits for its reply.

    begin()     the session is free: take a mail, if there is one
    hear()      a reply came
    lost()      the session ended; every mail in it is answered or given back

begin() and hear() return the bytes to write next. What was queued is counted, and what the socket took (for certain,
and perhaps), so that lost() knows whether a dot can have left.
"""

from collections import deque
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from newsletter.deliveries.transport.answers import NOBODY_THERE, Answer, FinishedMail, Phase
from newsletter.deliveries.transport.classify import Verdict, classify
from newsletter.deliveries.transport.envelope import DOT, Abilities, Unsendable, commands, transparent
from newsletter.deliveries.transport.replies import Reply
from newsletter.deliveries.transport.work import Work

GO_AHEAD = 354
CLOSING = 421
REFUSALS = frozenset({4, 5})
FOR_GOOD = frozenset({Verdict.REFUSED_POLICY, Verdict.REFUSED_RECIPIENT})
RESET = b"RSET\r\n"
DATA = b"DATA\r\n"


class Step(IntEnum):
    """What a reply is awaited to."""

    RESET = 0
    MAIL = 1
    RCPT = 2
    DATA = 3
    DOT = 4
    EMPTY_DOT = 5  # ends a DATA that was granted although the recipient was refused


PHASES = (Phase.MAIL, Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.DOT, Phase.DATA)
"""What the relay is at, by step."""


@dataclass(slots=True, eq=False)
class Transaction:
    mail: FinishedMail
    rest: list[tuple[Step, bytes]]  # what lock-step still has to say
    is_settled: bool = False
    has_recipient: bool = False
    dot_at: int | None = None  # where the dot stands among all bytes of the session, once the body is queued


class Conversation:
    def __init__(self, abilities: Abilities, *, pipelining: bool, most_mails: int) -> None:
        self._abilities = abilities
        self._is_pipelined = pipelining and abilities.pipelining
        self._mails_left = most_mails
        self._awaited: deque[tuple[Step, Transaction]] = deque()
        self._needs_reset = False
        self._work: Work
        self.queued = 0
        self.written = 0
        self.perhaps_written = 0
        self.concluded = 0  # mails that a reply has decided
        self.is_over = False  # the connection is good for nothing more

    @property
    def is_free(self) -> bool:
        return not self._awaited

    @property
    def is_used_up(self) -> bool:
        """True when the connection has carried its share of mails and should be replaced."""
        return self._mails_left <= 0

    @property
    def has_body_under_way(self) -> bool:
        return bool(self._awaited) and self._awaited[0][1].dot_at is not None

    @property
    def phase(self) -> Phase:
        """What the session waits for; BODY while the dot has not left."""
        step, transaction = self._awaited[0]
        if step is Step.DOT and self.written <= (transaction.dot_at or 0):
            return Phase.BODY
        return PHASES[step]

    def begin(self, work: Work, mail: FinishedMail | None = None) -> bytes:
        self._work = work
        return self._count(self._next_envelope(mail))

    def hear(self, reply: Reply) -> bytes:
        if not self._awaited:
            self.is_over = True  # nothing was asked: the relay is saying goodbye
            return b""
        step, transaction = self._awaited[0]
        if reply.code == CLOSING and step is not Step.DOT:
            self._end(reply=reply)
            return b""
        self._awaited.popleft()
        return self._count(self._HEARD[step](self, transaction, reply))

    def lost(self, error: Exception) -> None:
        self._end(error=error)

    # What each reply leads to

    def _heard_reset(self, transaction: Transaction, reply: Reply) -> bytes:
        if reply.is_positive:
            return self._say_next(transaction)
        self._awaited.appendleft((Step.RESET, transaction))
        self._end(reply=reply)
        return b""

    def _heard_mail(self, transaction: Transaction, reply: Reply) -> bytes:
        if reply.is_positive:
            return self._say_next(transaction)
        return self._refuse(transaction, Phase.MAIL, reply)

    def _heard_rcpt(self, transaction: Transaction, reply: Reply) -> bytes:
        if reply.is_positive:
            transaction.has_recipient = True
            return self._say_next(transaction)
        return self._refuse(transaction, Phase.RCPT, reply)

    def _heard_data(self, transaction: Transaction, reply: Reply) -> bytes:
        if reply.code != GO_AHEAD:
            return self._refuse(transaction, Phase.DATA, reply)
        if not transaction.is_settled:
            return self._send_body(transaction)
        if transaction.has_recipient:  # the sender was refused, and yet a dot would mail an empty body
            self._end()
            return b""
        self._awaited.append((Step.EMPTY_DOT, transaction))
        return DOT

    def _heard_dot(self, transaction: Transaction, reply: Reply) -> bytes:
        """A yes counts only if the dot has left; any other reply than 2xx, 4xx and 5xx decides nothing."""
        is_early = self.written <= (transaction.dot_at or 0)
        accepted = {2: None if is_early else True, 4: False, 5: False}.get(reply.code // 100)
        if accepted is not None:
            self._work.note_reply(transaction.mail, reply.code)
        phase = Phase.BODY if is_early else Phase.DOT
        self._settle(transaction, _from_reply(transaction, phase, reply, accepted=accepted))
        if is_early or accepted is None or reply.code == CLOSING or self._is_next_late():
            self._end()
            return b""
        return b"" if self._awaited else self._next_envelope()

    def _heard_empty_dot(self, transaction: Transaction, reply: Reply) -> bytes:
        return self._next_envelope()

    _HEARD: ClassVar = (_heard_reset, _heard_mail, _heard_rcpt, _heard_data, _heard_dot, _heard_empty_dot)  # by step

    # What is said

    def _send_body(self, transaction: Transaction) -> bytes:
        if self._work.is_stopped or self._work.is_late(transaction.mail):
            self._break_off(transaction)
            return b""
        content = transparent(transaction.mail.content, has_dots=transaction.mail.has_dots)
        transaction.dot_at = self.queued + len(content)
        self._awaited.append((Step.DOT, transaction))
        following = self._next_envelope() if self._is_pipelined else b""
        self._work.note_begin(transaction.mail)
        return b"".join((content, DOT, following))

    def _next_envelope(self, mail: FinishedMail | None = None) -> bytes:
        while not self.is_used_up and (mail := mail or self._work.take()) is not None:
            if self._work.is_late(mail):
                mail = None
                continue
            try:
                sender, recipient = commands(mail, self._abilities)
            except Unsendable as problem:
                self._work.answers.append(problem.answer(mail.key))
                mail = None
            else:
                self._mails_left -= 1
                return self._announce(mail, sender, recipient)
        return b""

    def _announce(self, mail: FinishedMail, sender: bytes, recipient: bytes) -> bytes:
        said = [(Step.MAIL, sender), (Step.RCPT, recipient), (Step.DATA, DATA)]
        if self._needs_reset:
            said.insert(0, (Step.RESET, RESET))
            self._needs_reset = False
        if not self._is_pipelined:
            return self._say_next(Transaction(mail, said))
        transaction = Transaction(mail, [])
        self._awaited.extend([(step, transaction) for step, _ in said])
        return b"".join([words for _, words in said])

    def _say_next(self, transaction: Transaction) -> bytes:
        if not transaction.rest:
            return b""
        step, words = transaction.rest.pop(0)
        self._awaited.append((step, transaction))
        return words

    def _count(self, data: bytes) -> bytes:
        self.queued += len(data)
        return data

    # How mails end

    def _is_next_late(self) -> bool:
        """Whether the time of the mail behind ran out while the relay thought about the one before: no fault of its."""
        return bool(self._awaited) and self._work.is_late(self._awaited[0][1].mail)

    def _break_off(self, transaction: Transaction) -> None:
        """No body begins: we were stopped, which costs the mail nothing, or the relay said yes too late."""
        if not self._work.is_stopped:
            key, text = transaction.mail.key, "the relay took too long over the envelope"
            self._settle(transaction, Answer(key, Phase.DATA, accepted=False, text=text, error="TooSlow"))
        self._end()

    def _refuse(self, transaction: Transaction, phase: Phase, reply: Reply) -> bytes:
        """The first refusal counts; what the relay says to the rest of the envelope follows from it."""
        answer = _from_reply(transaction, phase, reply, accepted=False)
        verdict, is_first = classify(answer), not transaction.is_settled
        if is_first and verdict in FOR_GOOD:  # else whoever buries us would have it asked again
            is_away = verdict is Verdict.REFUSED_RECIPIENT
            self._work.note_reply(transaction.mail, NOBODY_THERE if is_away else reply.code)
        self._settle(transaction, answer)
        if reply.code // 100 not in REFUSALS:  # neither yes nor no: we no longer know what it answers to
            self._end()
        if self._awaited or self.is_over:
            return b""
        self._needs_reset = True
        return self._next_envelope()

    def _settle(self, transaction: Transaction, answer: Answer) -> None:
        if not transaction.is_settled:
            transaction.is_settled = True
            self.concluded += 1
            self._work.answers.append(answer)

    def _end(self, *, reply: Reply | None = None, error: Exception | None = None) -> None:
        """Answer the mail that the relay was at, if it has no other chance; give back those that were not begun."""
        self.is_over = True
        is_at_it = reply is not None or error is not None
        is_fresh = self.concluded == 0
        while self._awaited:
            step, transaction = self._awaited.popleft()
            if transaction.is_settled:
                continue
            transaction.is_settled = True
            answer = self._last_word(step, transaction, reply, error)
            is_late = self._work.is_late(transaction.mail)
            if transaction.dot_at is not None or (is_at_it and (is_fresh or is_late)):
                self._work.answers.append(answer)
            elif not is_late:  # else it waits for the next sender, and pays nothing
                self._work.give_back(transaction.mail, otherwise=answer)
            is_at_it = False

    def _last_word(self, step: Step, transaction: Transaction, reply: Reply | None, error: Exception | None) -> Answer:
        phase, accepted = self._known(step, transaction)
        if reply is not None:
            return _from_reply(transaction, phase, reply, accepted=accepted)
        name = type(error).__name__ if error else "Ended"
        return Answer(transaction.mail.key, phase, accepted, text=str(error or ""), error=name)

    def _known(self, step: Step, transaction: Transaction) -> tuple[Phase, bool | None]:
        if transaction.dot_at is None:
            return PHASES[step], False
        if self.written + self.perhaps_written > transaction.dot_at:
            return Phase.DOT, None
        return Phase.BODY, False


def _from_reply(transaction: Transaction, phase: Phase, reply: Reply, *, accepted: bool | None) -> Answer:
    return Answer(transaction.mail.key, phase, accepted, reply.code, reply.enhanced, reply.text)
