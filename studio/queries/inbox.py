"""The demo's caught mail: files that the sink wrote, read back. A file never changes once it is there."""

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from functools import lru_cache
from pathlib import Path

from django.conf import settings

NAME = re.compile(r"[0-9A-Za-z.]{1,40}-[0-9a-f]{1,40}")
MOST = 200
REMEMBERED = 5000


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the list says of one mail."""

    name: str
    to: str
    sender: str
    subject: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Caught:
    """One mail as it came in; `html` is empty for a mail without such a part."""

    envelope: Envelope
    html: str
    text: str
    source: str
    attachments: list[str]


def caught(*, to: str = "", subject: str = "") -> list[Envelope]:
    """The newest first, at most two hundred; only those whose address and subject contain these words."""
    folder = Path(settings.INBOX_DIR)
    newest = sorted(folder.glob("[!.]*.eml"), reverse=True) if folder.exists() else []
    wanted, about = to.strip().lower(), subject.strip().lower()
    mails = (_envelope(path) for path in newest[:REMEMBERED])
    return [mail for mail in mails if wanted in mail.to.lower() and about in mail.subject.lower()][:MOST]


def one(name: str) -> Caught | None:
    """The mail of this name; None when there is none, or the name is not one."""
    path = Path(settings.INBOX_DIR) / f"{name}.eml"
    if not NAME.fullmatch(name) or not path.exists():
        return None
    content = path.read_bytes()
    message = message_from_bytes(content, policy=policy.default)
    return Caught(
        envelope=_envelope(path),
        html=_part(message, "html"),
        text=_part(message, "plain"),
        source=content.decode("utf-8", "replace"),
        attachments=[part.get_filename() or "" for part in message.iter_attachments()],
    )


@lru_cache(maxsize=REMEMBERED)
def _envelope(path: Path) -> Envelope:
    """Only the lines at the top are read, and only once: the list is asked for every few seconds."""
    with path.open("rb") as file:
        headers = BytesHeaderParser(policy=policy.default).parse(file)
    return Envelope(
        name=path.stem,
        to=", ".join(headers.get_all("X-Envelope-To", [])),
        sender=str(headers["From"] or ""),
        subject=str(headers["Subject"] or ""),
        at=datetime.fromisoformat(str(headers["X-Envelope-At"])),
    )


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return str(body.get_content()) if body is not None else ""
