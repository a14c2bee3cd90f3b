"""A lane over any mail backend of Django's: one message per call, one answer per mail.

This is how django-anymail's providers are reached, and Django's own backends. The journal is kept in SMTP's
numbers whatever the backend speaks, because whoever reads it after a kill knows nothing else.
"""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import replace

from django.core.mail import mailers
from django.core.mail.backends.base import BaseEmailBackend

from newsletter.deliveries.transport import failures, message
from newsletter.deliveries.transport.answers import Answer, FinishedMail, Journal, LaneTransport, Phase
from newsletter.deliveries.transport.classify import Verdict, classify
from newsletter.deliveries.transport.message import FinishedMessage

JOURNAL_CODES = {
    Verdict.SUBMITTED: 250,
    Verdict.RETRY: 451,
    Verdict.RELAY_DOWN: 451,
    Verdict.REFUSED_RECIPIENT: 550,
    Verdict.REFUSED_POLICY: 550,
}
CLOSING = 421  # what a relay says before it hangs up


def open_lane(alias: str) -> LaneTransport:
    """The transport behind an alias of settings.MAILERS; the caller closes it."""
    mailer = mailers[alias]
    return mailer if isinstance(mailer, LaneTransport) else ProviderTransport(mailer)


class ProviderTransport:
    def __init__(self, mailer: BaseEmailBackend) -> None:
        self._mailer = mailer

    def submit(self, mails: Iterable[FinishedMail], *, journal: Journal) -> Iterator[Answer]:
        """Yield one answer per mail. Once the provider is down, the rest is answered alike at once."""
        reason: Answer | None = None
        for mail in mails:
            if reason is not None:
                yield replace(reason, key=mail.key)
                continue
            answer = self._hand_over(mail, journal)
            if classify(answer) is Verdict.RELAY_DOWN:
                reason = answer
            yield answer

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._mailer.close()

    def _hand_over(self, mail: FinishedMail, journal: Journal) -> Answer:
        finished = message.read(mail)
        try:
            self._mailer.open()
        except OSError as error:
            return failures.not_opened(mail.key, error)
        journal.begin(mail.key)
        answer = self._send(mail.key, finished)
        verdict = classify(answer)
        if verdict in JOURNAL_CODES:
            journal.answered(mail.key, JOURNAL_CODES[verdict])
        return answer

    def _send(self, key: int, finished: FinishedMessage) -> Answer:
        try:
            count = self._mailer.send_messages([finished])
        except Exception as error:  # noqa: BLE001 - whatever another library raises is an answer; failures logs it
            answer = failures.failed(key, error, finished)
            if answer.code in {None, CLOSING}:
                self.close()  # the next message starts on a fresh connection
            return answer
        if not count or failures.is_given_up(finished):
            return Answer(key, Phase.REQUEST, accepted=False, error="NotTaken")
        return Answer(key, Phase.REQUEST, accepted=True, text=failures.provider_id(finished))
