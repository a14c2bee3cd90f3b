"""Puts mails together into calls, as the provider allows: so many to one, and only such as may share one."""

import time
from collections import deque
from collections.abc import Iterable
from typing import Any

from newsletter.deliveries.transport.answers import FinishedMail
from newsletter.deliveries.transport.forms import Form, MergeForm, WholeForm
from newsletter.deliveries.transport.posting import Call
from newsletter.deliveries.transport.providers import Provider

MOST_CHARACTERS = 5_000_000  # of one request's body
MOST_SPLITS = 40  # calls that refused calls may become before the rest of them has to wait
ENDPOINTS = {"Postmark": "email/batch", "Resend": "emails/batch"}
CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # goes on while the machine sleeps, where it can


def moment() -> float:
    """Now, in seconds that mean nothing except to one another."""
    return time.clock_gettime(CLOCK)


def form_for(mailer: Any, provider: Provider) -> Form | None:
    """How this backend's requests are made; None where each mail goes through the backend's own door."""
    name = getattr(mailer, "esp_name", "")
    if name in ENDPOINTS:
        return WholeForm(mailer, endpoint=ENDPOINTS[name], has_keys=bool(provider.replay))
    if name == "Mailgun":
        return MergeForm(mailer)
    return WholeForm(mailer, has_keys=True) if name == "Brevo" else None


class Clerk:
    """Draws mails one at a time, and only when a call is asked for. If drawing fails, `error` keeps why."""

    def __init__(self, mails: Iterable[FinishedMail], form: Form | None, *, at_once: int) -> None:
        self._mails = iter(mails)
        self._form = form
        self._at_once = at_once
        self._ready: deque[Call] = deque()
        self._held: tuple[FinishedMail, str | None] | None = None
        self._held_since = 0.0
        self._splits = 0
        self._is_stopped = False
        self.error: Exception | None = None

    def next(self) -> Call | None:
        """The next call with its request, or None when there is nothing left to send."""
        if self._is_stopped:
            return None
        call = self._ready.popleft() if self._ready else self._collect()
        if call is not None and call.form is not None:
            call.request = call.form.request(call.mails, call.items)
        return call

    def split(self, call: Call) -> bool:
        """Have the halves of a refused call tried; False when that has been done often enough."""
        if self._is_stopped or self._splits >= MOST_SPLITS:
            return False
        self._splits += 2
        middle = len(call.mails) // 2
        self._ready.append(Call(call.mails[:middle], call.form, call.items[:middle], drawn_at=call.drawn_at))
        self._ready.append(Call(call.mails[middle:], call.form, call.items[middle:], drawn_at=call.drawn_at))
        return True

    def stop(self) -> None:
        """Let nothing more begin."""
        self._is_stopped = True

    def drain(self) -> Iterable[FinishedMail]:
        """What was not sent yet, without putting it together."""
        for call in self._ready:
            yield from call.mails
        self._ready.clear()
        while (drawn := self._draw()) is not None:
            yield drawn[0]

    def _collect(self) -> Call | None:
        drawn_at = moment() if self._held is None else self._held_since
        first = self._draw()
        if first is None:
            return None
        mail, item = first
        if item is None:
            return Call([mail], drawn_at=drawn_at)
        call = Call([mail], self._form, [item], drawn_at=drawn_at)
        size = len(item)
        while len(call.mails) < self._at_once and size < MOST_CHARACTERS and (drawn := self._draw()) is not None:
            mail, item = drawn
            if item is None or self._form is None or not self._form.may_join(mail, call.mails):
                self._held, self._held_since = drawn, moment()
                break
            call.mails.append(mail)
            call.items.append(item)
            size += len(item)
        return call

    def _draw(self) -> tuple[FinishedMail, str | None] | None:
        """The next mail, and what it is in a request with others."""
        if self._held is not None:
            held, self._held = self._held, None
            return held
        try:
            mail = next(self._mails, None)
        except Exception as error:  # noqa: BLE001 - raised again by the transport, after the answers under way
            self.error = error
            self._mails = iter(())
            return None
        return None if mail is None else (mail, self._item(mail))

    def _item(self, mail: FinishedMail) -> str | None:
        if self._form is None:
            return None
        try:
            return self._form.item(mail)
        except Exception:  # noqa: BLE001 - sent alone, it is answered for what is wrong with it
            return None
