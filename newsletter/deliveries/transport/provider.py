"""A lane over any mail backend of Django's: calls of one or many mails, several at a time, one answer per mail.

This is how django-anymail's providers are reached, and Django's own backends. How many mails share a call, and how
many calls run at a time, is the provider's row in `providers`. Mails are rendered and put together in the caller's
thread while requests are under way in others. The journal is kept in SMTP's numbers whatever the backend speaks,
because whoever reads it after a kill knows nothing else.
"""

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import Any

from django.conf import settings
from django.core.mail import mailers

from newsletter.deliveries import lanes
from newsletter.deliveries.transport import amazon, failures, memory, posting, providers
from newsletter.deliveries.transport.answers import Answer, FinishedMail, Journal, LaneTransport, Phase, nobody
from newsletter.deliveries.transport.classify import Verdict, classify
from newsletter.deliveries.transport.clerk import Clerk, form_for, moment
from newsletter.deliveries.transport.diary import Diary
from newsletter.deliveries.transport.memory import Remembered
from newsletter.deliveries.transport.posting import Call, Reply

CONNECT_AND_READ = (10, 60)
"""How long a request may wait for a connection and for an answer, in seconds, if the settings do not say."""

FRESH_SECONDS = 30
"""How long after its mails were drawn a call may begin.

Whoever froze, or slept with the machine, for longer has been given up by then: others may have settled the doubts
about its mails, or mailed these people already.
"""

BREATH = 0.5
"""Seconds without any answer after which whoever sends looks about them."""

CLOSING_SECONDS = 5
"""How long calls under way are waited for when nobody wants their answers any more."""


def open_lane(alias: str) -> LaneTransport:
    """The transport behind an alias of settings.MAILERS; the caller closes it."""
    mailer = mailers[alias]
    return mailer if isinstance(mailer, LaneTransport) else ProviderTransport(alias, mailer)


class ProviderTransport:
    def __init__(self, alias: str, mailer: Any) -> None:
        self._alias = alias
        self._provider = providers.of(mailer)
        self._waits_for_its_key = _is_transactional(alias)
        self._form = form_for(mailer, self._provider)
        self._mailers: SimpleQueue[Any] = SimpleQueue()
        self._mailers.put(_patient(alias, mailer))
        self._threads = ThreadPoolExecutor(self._provider.in_flight, thread_name_prefix=f"lane-{alias}")

    def submit(
        self, mails: Iterable[FinishedMail], *, journal: Journal, look: Callable[[], object] = nobody
    ) -> Iterator[Answer]:
        """Yield one answer per mail. Once the provider is down, the rest is answered alike at once.

        If `mails` raises, the calls under way are answered first. Closed early, it lets nothing more begin and
        gives the calls under way a few seconds; what became of them is then in the journal.
        """
        clerk = self._clerk = Clerk(mails, self._form, at_once=self._provider.at_once)
        with Diary(journal) as diary:
            round_ = Round(self, clerk, diary)
            try:
                yield from round_.answers(look)
            finally:
                clerk.stop()
                round_.settle()
        if clerk.error is not None:
            raise clerk.error

    def halt(self) -> None:
        """Let no further call begin; those under way are answered."""
        self._clerk.stop()

    def replay(self, mails: Sequence[FinishedMail], *, key: str, drawn_at: float) -> list[Answer]:
        """Repeat a call that the provider knows by this key; no answers if it would not be the same call."""
        call = Clerk(mails, self._form, at_once=len(mails)).next()
        if call is None or call.request is None or call.request.key != key or len(call.mails) != len(mails):
            return []
        mailer = self._mailer()
        try:
            mailer.open()
            if _is_late(drawn_at):
                return [failures.not_begun(mail.key) for mail in mails]
            return posting.post(mailer, call, provider=self._provider).answers
        except OSError as error:
            return [failures.not_opened(mail.key, error) for mail in mails]
        finally:
            self._mailers.put(mailer)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        with contextlib.suppress(Empty):
            while True:
                mailer = self._mailers.get_nowait()
                with contextlib.suppress(OSError):
                    mailer.close()

    @property
    def in_flight(self) -> int:
        return self._provider.in_flight

    @property
    def width(self) -> int:
        """How many mails can be under way at once."""
        return self._provider.in_flight * self._provider.at_once

    def start(self, call: Call, diary: Diary) -> tuple[Future[Reply], int]:
        """Remember the call, note its mails as begun, and hand it to a thread."""
        number = 0
        if self._provider.replay or self._provider.looks_up:
            key = call.request.key if call.request is not None else ""
            recipients = [mail.recipient for mail in call.mails]
            remembered = Remembered(self._alias, key, call.keys, recipients, self._provider.replay)
            number = memory.current().remember(remembered)
        return self._threads.submit(self._carry_out, call, diary), number

    def _carry_out(self, call: Call, diary: Diary) -> Reply:
        """In a thread: one call, by a backend that is nobody else's meanwhile."""
        mailer = self._mailer()
        try:
            try:
                mailer.open()
            except Exception as error:  # noqa: BLE001 - whatever another library raises, nothing has left
                return Reply([failures.not_opened(key, error) for key in call.keys])
            diary.begin(call.keys)
            if _is_late(call.drawn_at):
                reply = Reply([failures.not_begun(key) for key in call.keys])
            else:
                reply = self._post(mailer, call)
            if not reply.may_be_split:  # else they begin anew, and the last word in the journal must be the true one
                diary.answered(reply.answers)
            return reply
        finally:
            self._mailers.put(mailer)

    def _post(self, mailer: Any, call: Call) -> Reply:
        reply = posting.post(mailer, call, provider=self._provider)
        if not self._waits_for_its_key:
            return reply
        return replace(reply, answers=[failures.about_the_key(answer) for answer in reply.answers])

    def _mailer(self) -> Any:
        try:
            return self._mailers.get_nowait()
        except Empty:
            return _patient(self._alias, mailers[self._alias])


class Round:
    """One `submit`: calls are started as threads are free, and answered as they end."""

    def __init__(self, transport: ProviderTransport, clerk: Clerk, diary: Diary) -> None:
        self._transport = transport
        self._clerk = clerk
        self._diary = diary
        self._flying: dict[Future[Reply], tuple[Call, int]] = {}
        self._answers: deque[Answer] = deque()
        self._settled: list[int] = []
        self._reason: Answer | None = None

    def answers(self, look: Callable[[], object]) -> Iterator[Answer]:
        while True:
            self._start_what_can_be()
            while self._answers:
                yield self._answers.popleft()
            if not self._flying:
                break
            done, _ = wait(self._flying, BREATH, return_when=FIRST_COMPLETED)
            for future in done:
                self._land(future)
            if not self._answers:
                look()
        if self._reason is not None:
            for mail in self._clerk.drain():
                yield self._reason._replace(key=mail.key)

    def settle(self) -> None:
        """Let the calls under way end, but do not wait for long; drop what need not be remembered."""
        wait(self._flying, timeout=CLOSING_SECONDS)
        if self._settled:
            memory.current().forget(self._settled)

    def _start_what_can_be(self) -> None:
        while self._reason is None and len(self._flying) < self._transport.in_flight:
            call = self._clerk.next()
            if call is None:
                return
            future, number = self._transport.start(call, self._diary)
            self._flying[future] = call, number
            if self._answers:
                return

    def _land(self, future: Future[Reply]) -> None:
        call, number = self._flying.pop(future)
        reply = future.result()
        if reply.may_be_split:
            memory.current().forget([number])
            if self._clerk.split(call):
                return
            self._answers.extend(_waiting(answer) for answer in reply.answers)
            return
        for answer in reply.answers:
            if classify(answer) is Verdict.RELAY_DOWN:
                self._reason = self._reason or answer
        if number and all(answer.accepted is not None for answer in reply.answers):
            self._settled.append(number)
        self._answers.extend(reply.answers)


def _is_transactional(alias: str) -> bool:
    """Whether only mail that somebody waits for leaves by this mailer; nobody watches over it as over a campaign."""
    own, other = lanes.options("transactional"), lanes.options("marketing")
    return alias in {own.mailer, own.fail_over} - {other.mailer, other.fail_over}


def _is_late(drawn_at: float) -> bool:
    return moment() - drawn_at > FRESH_SECONDS


def _waiting(answer: Answer) -> Answer:
    """Refused for the sake of another mail, and not tried apart: later it is in other company."""
    return Answer(answer.key, Phase.REQUEST, accepted=False, code=503, text=f"refused with others: {answer.text}"[:300])


def _patient(alias: str, mailer: Any) -> Any:
    """Give the backend our time limits, unless the settings name one, and have each call made once."""
    if amazon.is_reached_by(mailer):
        connect, read = CONNECT_AND_READ
        amazon.limit(mailer, connect=connect, read=read)
    is_told = "timeout" in settings.MAILERS[alias].get("OPTIONS", {}) or "REQUESTS_TIMEOUT" in settings.ANYMAIL
    if hasattr(mailer, "post_to_esp") and hasattr(mailer, "timeout") and not is_told:
        mailer.timeout = CONNECT_AND_READ
    return mailer
