"""Mails to hand over: real letters for most, and by hand what a letter never contains but a relay must carry."""

from collections.abc import Iterator

from newsletter.deliveries.transport.answers import FinishedMail
from newsletter.rendering.attachments import Attachment
from newsletter.rendering.letter import Letter, prepare
from tests.interop.relay import DOMAIN
from tests.newsletter.rendering.revisions import NAME, frozen, recipient

SENDER = "hello@news.harbour.example"
NAMES = ("Zoë", "Jürgen", "Søren", "Łukasz", "Αθηνά", "美咲", "Ann", "O'Neill", "")
CALENDAR = Attachment("call.ics", "BEGIN:VCALENDAR\r\nSUMMARY:Anruf für Zoë\r\nEND:VCALENDAR\r\n".encode() * 20)
WORDS = f"<p>Hello {NAME}, ein ruhiges Stündchen.</p>\n" * 60
DOTS = "\r\n".join([".", "..", "...and more", ".leading", "x" * 998, "." + "y" * 997, ".", ""])


def letter(subject: str = "Eine ruhige Stunde für dich") -> Letter:
    like = frozen()
    return prepare(frozen(subject=subject, html=WORDS + like.html, text="Ein ruhiges Stündchen.\n" * 40 + like.text))


def mails(count: int, *, first: int = 1, eight_bit: bool = True) -> Iterator[FinishedMail]:
    ready = letter()
    return (_mail(key, ready, eight_bit=eight_bit) for key in range(first, first + count))


def by_hand(key: int, local_part: str, *, subject: str = "By hand", body: str = "Hello.\r\n") -> FinishedMail:
    to = f"{local_part}@{DOMAIN}"
    head = (
        f"From: {SENDER}\r\nTo: <{to}>\r\nSubject: {subject}\r\nDate: Tue, 03 Mar 2026 14:05:00 +0000\r\n"
        f"Message-ID: <by-hand-{key}@news.harbour.example>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'
    )
    return FinishedMail(key, SENDER, to, f"{head}{body}".encode())


def _mail(key: int, ready: Letter, *, eight_bit: bool) -> FinishedMail:
    if key % 10 == 7:
        return by_hand(key, f"lead{key}", body=f"{DOTS}{key}\r\n.")
    if key % 10 == 9 and eight_bit:
        return by_hand(key, f"lead{key}", body=f"Grüße, 美咲 {key}\r\n{DOTS}")
    attachment = CALENDAR if key % 10 == 3 else None
    to = f"lead{key}@{DOMAIN}"
    filled = recipient(delivery_id=key, address=to, first_name=NAMES[key % len(NAMES)], attachment=attachment)
    return FinishedMail(key, SENDER, to, ready.fill(filled))


def as_stored(content: bytes) -> bytes:
    """What a mailbox with Unix line ends holds of these bytes."""
    stored = content.replace(b"\r\n", b"\n")
    return stored if stored.endswith(b"\n") else stored + b"\n"
