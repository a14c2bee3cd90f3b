"""One connection to the relay, from connecting to QUIT. Never blocks: the client wakes it when its wire is ready.

It keeps the time and joins the parts: what is said is the affair of the opening and of the conversation, how
bytes cross that of the wire. A connection that could not be opened, or was lost three times before a single
mail was decided, keeps the reason in `failure` and is left alone until the next send.
"""

import contextlib
import math
import selectors
import ssl
import time
from collections import deque
from collections.abc import Callable
from enum import Enum, auto

from newsletter.deliveries.transport.answers import Answer, FinishedMail, Phase
from newsletter.deliveries.transport.conversation import Conversation
from newsletter.deliveries.transport.envelope import Abilities
from newsletter.deliveries.transport.opening import Move, NotOpened, Steps, introduce
from newsletter.deliveries.transport.options import SmtpOptions
from newsletter.deliveries.transport.replies import BadReply, Reply, ReplyReader
from newsletter.deliveries.transport.wire import READ, WRITE, AddressInfo, Wire
from newsletter.deliveries.transport.work import Work

MOST_BARREN = 3
PROBLEMS = (OSError, EOFError, BadReply, NotOpened)


class State(Enum):
    CLOSED = auto()
    CONNECTING = auto()
    SHAKING_HANDS = auto()
    OPENING = auto()
    TALKING = auto()
    LEAVING = auto()


class Connection:
    _conversation: Conversation
    _steps: Steps[Abilities]
    _work: Work
    _mail: FinishedMail  # on whose behalf the connection is being opened

    def __init__(self, options: SmtpOptions, context: ssl.SSLContext | None, selector: selectors.BaseSelector) -> None:
        self._options = options
        self._context = context
        self._wire = Wire(selector, self)
        self._state = State.CLOSED
        self._phase = Phase.CONNECT
        self._reader = ReplyReader()
        self._addresses: deque[AddressInfo] = deque()
        self._barren = 0
        self.failure: Answer | None = None
        self.deadline = math.inf

    @property
    def is_closed(self) -> bool:
        return self._state is State.CLOSED

    @property
    def is_idle(self) -> bool:
        return self._state is State.TALKING and self._conversation.is_free

    @property
    def is_busy(self) -> bool:
        return not (self.is_closed or self.is_idle)

    @property
    def has_body_under_way(self) -> bool:
        return self._state is State.TALKING and self._conversation.has_body_under_way

    def forgive(self) -> None:
        """What failed in an earlier send may be tried again."""
        self.failure = None
        self._barren = 0

    # What the client asks for

    def open(self, work: Work, mail: FinishedMail, addresses: list[AddressInfo]) -> None:
        """Connect on behalf of this mail; it goes back to the work if that fails."""
        self._work, self._mail = work, mail
        self._addresses = deque(addresses)
        self._carefully(self._connect)

    def begin(self, work: Work) -> None:
        """Take a mail, if there is one."""
        self._carefully(self._take_from, work)

    def wake(self, mask: int) -> None:
        self._carefully(self._act, mask)

    def expire(self) -> None:
        self._fail(TimeoutError(f"no answer in time in the phase {self._waits_in()}"))

    def quit(self) -> None:
        self._carefully(self._take_leave)

    def drop(self) -> None:
        """Close without a word."""
        if not self.is_closed:
            self._close()

    # What happens when the wire is ready

    def _carefully(self, act: Callable[..., None], *given: object) -> None:
        try:
            act(*given)
            if self.is_idle and self._conversation.is_used_up:
                self._take_leave()
        except PROBLEMS as problem:
            self._fail(problem)

    def _take_from(self, work: Work) -> None:
        self._say(self._conversation.begin(work))

    def _act(self, mask: int) -> None:
        if self._state is State.CONNECTING:
            self._wire.finish_connecting()
            self._steps = introduce(self._options)
            self._make(next(self._steps))
        elif self._state is State.SHAKING_HANDS:
            self._shake_hands()
        else:
            if mask & READ:
                self._read()
            if mask & WRITE and self._wire.has_waiting:
                self._say(b"")

    def _connect(self) -> None:
        self._reader = ReplyReader()
        self._enter(State.CONNECTING, Phase.CONNECT)
        self._wire.connect(self._addresses.popleft())

    def _read(self) -> None:
        data = self._wire.read()
        replies = self._reader.feed(data) if data else []
        if self._state is State.TALKING:
            words = b"".join([self._conversation.hear(reply) for reply in replies])
            if self._conversation.is_over:  # at once: a body that was given up must not leave after all
                self._close()
            elif replies:
                self._say(words)
        elif self._state is State.LEAVING and replies:
            self._close()
        elif len(replies) > 1:
            raise BadReply("the relay spoke out of turn")
        elif replies:
            self._resume(replies[0])

    def _resume(self, reply: Reply | None) -> None:
        """Go on with the opening; when it is done, take mail."""
        try:
            move = self._steps.send(reply)  # type: ignore[arg-type]
        except StopIteration as done:
            self._talk(done.value)
        else:
            self._make(move)

    def _make(self, move: Move) -> None:
        self._enter(State.OPENING, move.phase)
        if move.write is None:
            self._start_tls()
        else:
            self._say(move.write)

    def _start_tls(self) -> None:
        if self._context is None or not self._reader.is_empty:
            raise BadReply("bytes came in clear behind the change to TLS")
        self._wire.wrap(self._context, self._options.host)
        self._enter(State.SHAKING_HANDS, Phase.TLS)
        self._shake_hands()

    def _shake_hands(self) -> None:
        if self._wire.shake_hands():
            self._enter(State.OPENING, Phase.TLS)
            self._resume(None)

    def _talk(self, abilities: Abilities) -> None:
        options = self._options
        self._conversation = Conversation(
            abilities, pipelining=options.pipelining, most_mails=options.mails_per_connection
        )
        self._state = State.TALKING
        self._wire.taken = 0
        self._say(self._conversation.begin(self._work, self._mail))

    def _take_leave(self) -> None:
        self._enter(State.LEAVING, Phase.QUIT)
        self._say(b"QUIT\r\n")

    # Bytes and time

    def _say(self, words: bytes) -> None:
        try:
            self._write(words)
        except OSError:
            self._hear_last_words()
            raise
        self.deadline = time.monotonic() + self._patience()

    def _write(self, words: bytes) -> None:
        """Write; whatever happens, the conversation knows afterwards how much of it has left."""
        try:
            self._wire.write(words)
        finally:
            if self._state is State.TALKING:
                self._conversation.written = self._wire.taken
                self._conversation.perhaps_written = self._wire.perhaps_taken

    def _hear_last_words(self) -> None:
        """The relay hung up while we wrote; what it said before is worth more than the broken pipe."""
        with contextlib.suppress(*PROBLEMS):
            while self._state is State.TALKING and (data := self._wire.read()):
                for reply in self._reader.feed(data):
                    self._conversation.hear(reply)

    def _enter(self, state: State, phase: Phase) -> None:
        self._state, self._phase = state, phase
        self.deadline = time.monotonic() + self._patience()

    def _waits_in(self) -> Phase:
        return self._conversation.phase if self._state is State.TALKING else self._phase

    def _patience(self) -> float:
        options = self._options
        if self.is_idle:
            return math.inf
        if self._state is State.LEAVING:
            return options.closing_timeout
        if self._state is State.CONNECTING:
            return options.connect_timeout
        return options.dot_timeout if self._waits_in() is Phase.DOT else options.timeout

    # How connections end

    def _fail(self, problem: Exception) -> None:
        while self._state is State.CONNECTING and self._addresses:
            self._wire.close()
            try:
                self._connect()
            except OSError as another:
                problem = another
            else:
                return
        if self._state is State.TALKING:
            self._conversation.lost(problem)
        elif self._state is not State.LEAVING:
            self.failure = self._reason(problem)
            self._work.give_back(self._mail, otherwise=self.failure._replace(key=self._mail.key))
        self._close()

    def _reason(self, problem: Exception) -> Answer:
        phase, reply = self._phase, None
        if isinstance(problem, NotOpened):
            phase, reply = problem.phase, problem.reply
        if reply is not None:
            return Answer(0, phase, accepted=False, code=reply.code, enhanced=reply.enhanced, text=reply.text)
        return Answer(0, phase, accepted=False, text=str(problem), error=type(problem).__name__)

    def _close(self) -> None:
        if self._state is State.TALKING:
            self._count_barren()
        self._wire.close()
        self._state = State.CLOSED
        self.deadline = math.inf

    def _count_barren(self) -> None:
        self._barren = 0 if self._conversation.concluded else self._barren + 1
        if self._barren >= MOST_BARREN:
            text = f"lost {self._barren} connections before a mail was decided"
            self.failure = Answer(0, Phase.CONNECT, accepted=False, text=text, error="GaveUp")
