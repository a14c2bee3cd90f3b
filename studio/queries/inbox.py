"""The demo's caught mail: files that the sink wrote, read back."""

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings

NAME = re.compile(r"[0-9A-Za-z.]+-[0-9a-f]+")
MOST = 200


@dataclass(frozen=True, slots=True)
class Caught:
    """One mail as it came in; `html` is empty for a mail without such a part."""

    name: str
    to: str
    sender: str
    subject: str
    at: datetime
    html: str
    text: str
    source: str
    attachments: list[str]


def caught(*, to: str = "") -> list[Caught]:
    """The newest first, at most two hundred; only those to an address that contains `to`."""
    folder = Path(settings.INBOX_DIR)
    newest = sorted(folder.glob("*.eml"), reverse=True) if folder.exists() else []
    wanted = to.strip().lower()
    mails = (_read(path) for path in newest[: MOST * 5])
    return [mail for mail in mails if wanted in mail.to.lower()][:MOST]


def one(name: str) -> Caught | None:
    """The mail of this name; None when there is none, or the name is not one."""
    path = Path(settings.INBOX_DIR) / f"{name}.eml"
    return _read(path) if NAME.fullmatch(name) and path.exists() else None


def _read(path: Path) -> Caught:
    content = path.read_bytes()
    message = message_from_bytes(content, policy=policy.default)
    return Caught(
        name=path.stem,
        to=str(message["X-Envelope-To"] or message["To"] or ""),
        sender=str(message["From"] or ""),
        subject=str(message["Subject"] or ""),
        at=datetime.fromisoformat(str(message["X-Envelope-At"])),
        html=_part(message, "html"),
        text=_part(message, "plain"),
        source=content.decode("utf-8", "replace"),
        attachments=[part.get_filename() or "" for part in message.iter_attachments()],
    )


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return str(body.get_content()) if body is not None else ""
