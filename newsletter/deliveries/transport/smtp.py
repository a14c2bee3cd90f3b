"""The SMTP client as a mail backend of Django's: MAILERS = {"marketing": {"BACKEND": ".....smtp.Backend", ...}}.

OPTIONS are the fields of SmtpOptions. `submit` takes finished bytes and answers per mail, for the send engine;
`send_messages` serves everything else that mails through Django.
"""

import email.policy
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import DNS_NAME, EmailMessage, InvalidMailer
from django.core.mail.backends.base import BaseEmailBackend

from newsletter.deliveries.transport import signing
from newsletter.deliveries.transport.answers import Answer, FinishedMail, Journal, nobody
from newsletter.deliveries.transport.client import SmtpClient
from newsletter.deliveries.transport.options import SmtpOptions

__all__ = ["Backend", "NotSubmitted", "SmtpClient", "SmtpOptions"]

KNOWN = frozenset(field.name for field in fields(SmtpOptions))


class NotSubmitted(Exception):
    """The relay did not take every message; `answers` says what is known of each that it did not."""

    def __init__(self, answers: list[Answer]) -> None:
        super().__init__("; ".join(f"{answer.phase}: {answer.text or answer.error}" for answer in answers))
        self.answers = answers


class NoJournal:
    """For mail that nobody accounts for afterwards."""

    def begin(self, key: int) -> None:
        pass

    def answered(self, key: int, code: int) -> None:
        pass


class Backend(BaseEmailBackend):
    def __init__(self, *, alias: str | None = None, **options: Any) -> None:
        mine = {name: value for name, value in options.items() if name in KNOWN}
        super().__init__(alias=alias, **{name: options[name] for name in options.keys() - KNOWN})
        try:
            self.options = SmtpOptions(**mine)
        except (TypeError, ValueError) as problem:
            raise InvalidMailer(str(problem), alias=alias) from problem
        self._client: SmtpClient | None = None
        self._signing = signing.signer(settings.DKIM)

    def open(self) -> bool:
        if self._client is not None:
            return False
        hostname = self.options.local_hostname or DNS_NAME.get_fqdn()
        self._client = SmtpClient(replace(self.options, local_hostname=hostname))
        return True

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    @property
    def width(self) -> int:
        """How many mails can be under way at once."""
        return self.options.connections

    def submit(
        self, mails: Iterable[FinishedMail], *, journal: Journal, look: Callable[[], object] = nobody
    ) -> Iterator[Answer]:
        """Yield one answer per mail; connections stay open until close()."""
        self.open()
        assert self._client is not None  # noqa: S101 - open() has just seen to it
        return self._client.send(self._signing.each(mails) if self._signing else mails, journal=journal, look=look)

    def go_on_until(self, file: int, events: int) -> int:
        """Go on with what is under way until this file is ready; see SmtpClient."""
        assert self._client is not None  # noqa: S101 - asked only while mail is under way
        return self._client.go_on_until(file, events)

    def halt(self) -> None:
        """Let nothing more begin; see SmtpClient."""
        assert self._client is not None  # noqa: S101 - asked only while mail is under way
        self._client.halt()

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Return how many messages the relay took for all their recipients; raise NotSubmitted if not all."""
        is_ours = self.open()
        try:
            answers = list(self.submit(_finished(email_messages), journal=NoJournal()))
        finally:
            if is_ours:
                self.close()
        refused = [answer for answer in answers if not answer.accepted]
        if refused:
            raise NotSubmitted(refused)
        return sum(1 for message in email_messages if message.recipients())


def _finished(messages: Iterable[EmailMessage]) -> Iterator[FinishedMail]:
    """Each message once per recipient, so that one refusal concerns one person."""
    key = 0
    for message in messages:
        content = message.message(policy=email.policy.SMTP).as_bytes()
        sender = parseaddr(message.from_email)[1]
        for recipient in message.recipients():
            key += 1
            yield FinishedMail(key, sender, parseaddr(recipient)[1], content)
