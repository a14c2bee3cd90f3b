"""Finished bytes as a message of Django's, for backends that do not take bytes."""

import email.message
import email.policy
from email.parser import BytesParser
from typing import Any

from django.core.mail import EmailMultiAlternatives

from newsletter.deliveries.transport.answers import FinishedMail

# What Django's message has fields for, what belongs to the MIME structure, and what a provider stamps itself.
NOT_EXTRA = frozenset({"from", "to", "cc", "bcc", "reply-to", "subject", "date", "mime-version"})
BODIES = frozenset({"text/plain", "text/html"})


class FinishedMessage(EmailMultiAlternatives):
    """A message whose bytes exist already: whoever asks for them gets these, not a second rendering."""

    anymail_status: Any  # set by django-anymail's backends when they are given the message
    merge_data: dict[str, dict[str, str]]
    merge_metadata: dict[str, dict[str, str]]

    def __init__(self, content: bytes, **fields: Any) -> None:
        super().__init__(**fields)
        self._finished = content
        self.metadata: dict[str, str] = {}  # django-anymail's

    def message(self, *, policy: Any = email.policy.default) -> email.message.EmailMessage:
        return _parse(self._finished, policy.clone(refold_source="none"))


def read(mail: FinishedMail) -> FinishedMessage:
    """Take the mail apart: bodies, attachments, and every header that Django has no field for."""
    parsed = _parse(mail.content, email.policy.SMTP)
    message = FinishedMessage(
        mail.content,
        subject=str(parsed["Subject"] or ""),
        from_email=str(parsed["From"] or mail.sender),
        to=[_recipient(parsed, mail.recipient)],
        reply_to=[str(parsed["Reply-To"])] if parsed["Reply-To"] else None,
        headers={name: str(value) for name, value in parsed.items() if _is_extra(name)},
    )
    message.metadata = {"delivery": str(mail.key)}
    for part in parsed.walk():
        if not part.is_multipart():
            _add(message, part)
    return message


def _parse(content: bytes, policy: Any) -> email.message.EmailMessage:
    return BytesParser(email.message.EmailMessage, policy=policy).parsebytes(content)


def _recipient(parsed: email.message.EmailMessage, recipient: str) -> str:
    """The To header with its name, if it is who the envelope says; else the envelope."""
    header = parsed["To"]
    addresses = [address.addr_spec for address in header.addresses] if header else []
    return str(header) if addresses == [recipient] else recipient


def _is_extra(name: str) -> bool:
    name = name.lower()
    return name not in NOT_EXTRA and not name.startswith("content-")


def _add(message: FinishedMessage, part: email.message.EmailMessage) -> None:
    kind = part.get_content_type()
    if kind not in BODIES or part.is_attachment():
        message.attach(part)
    elif kind == "text/plain" and not message.body:
        message.body = part.get_content()
    else:
        message.attach_alternative(part.get_content(), kind)
