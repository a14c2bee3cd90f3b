"""The commands that announce one mail to one relay, and the bytes of its body.

A mail that this relay can never take is found out here, before anything is written: an address that is not
one, a body over the announced size, letters that the relay does not speak. Its answer carries the status
that a relay would have given.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from newsletter.deliveries.transport.answers import UNSENDABLE, Answer, FinishedMail, Phase

DOT = b".\r\n"
LONGEST_LOCAL_PART = 64
LONGEST_ADDRESS = 254
# Nothing that could end a command or an angle bracket; a quoted local part may hold a space.
ADDRESS = re.compile(r'(?:"[^"\\\x00-\x1f\x7f]+"|[^\s"<>@,;:\\()\[\]\x00-\x1f\x7f]+)@[^\s"<>@,;\\()\x00-\x1f\x7f]+')


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a relay announced in its reply to EHLO."""

    pipelining: bool = False
    size: int = 0  # 0: not said
    eight_bit: bool = False
    utf8: bool = False
    starttls: bool = False
    auth: frozenset[str] = frozenset()

    @classmethod
    def announced(cls, lines: list[bytes]) -> "Abilities":
        words = [line.decode("ascii", "replace").upper().split() for line in lines[1:]]
        said = {line[0]: line[1:] for line in words if line}
        size = said.get("SIZE", [])
        return cls(
            pipelining="PIPELINING" in said,
            size=int(size[0]) if size and size[0].isdecimal() else 0,
            eight_bit="8BITMIME" in said,
            utf8="SMTPUTF8" in said,
            starttls="STARTTLS" in said,
            auth=frozenset(said.get("AUTH", [])),
        )


class Unsendable(Exception):
    """A mail that the relay cannot take, whatever is tried."""

    def __init__(self, phase: Phase, enhanced: str, text: str) -> None:
        super().__init__(text)
        self.phase = phase
        self.enhanced = enhanced

    def answer(self, key: int) -> Answer:
        return Answer(key, self.phase, accepted=False, enhanced=self.enhanced, text=str(self), error=UNSENDABLE)


def commands(mail: FinishedMail, abilities: Abilities) -> tuple[bytes, bytes]:
    """Return MAIL and RCPT; raise Unsendable if there is no way to say them here."""
    sender, recipient = mail.sender, mail.recipient
    parameters = f" SIZE={len(mail.content)}" if abilities.size else ""
    if abilities.size and len(mail.content) > abilities.size:
        raise Unsendable(Phase.MAIL, "5.3.4", f"{len(mail.content)} bytes; the relay takes {abilities.size}")
    if not mail.content.isascii():
        parameters += _eight_bit(abilities)
    if not (sender.isascii() and recipient.isascii()):
        sender, recipient = _with_ascii_domain(sender), _with_ascii_domain(recipient)
        if not (sender.isascii() and recipient.isascii()):
            parameters += _utf8(abilities)
    _check(recipient)
    if sender:
        _check_sender(sender)
    return f"MAIL FROM:<{sender}>{parameters}\r\n".encode(), f"RCPT TO:<{recipient}>\r\n".encode()


def transparent(content: bytes, *, has_dots: bool = True) -> bytes:
    """Return the content as it crosses the wire: leading dots doubled, the last line ended."""
    if has_dots:
        if content.rfind(b"\n.") >= 0:  # three times as fast as "in" on a body that has none
            content = content.replace(b"\n.", b"\n..")
        if content.startswith(b"."):
            content = b"." + content
    return content if content.endswith(b"\r\n") else content + b"\r\n"


def _check(address: str) -> None:
    if ADDRESS.fullmatch(address) is None:
        raise Unsendable(Phase.RCPT, "5.1.3", "not an address that can be written in an envelope")
    written = address.encode()
    if len(written) > LONGEST_ADDRESS or written.rfind(b"@") > LONGEST_LOCAL_PART:
        raise Unsendable(Phase.RCPT, "5.1.3", "the address is longer than SMTP allows")


@lru_cache(maxsize=16)
def _check_sender(address: str) -> None:
    if ADDRESS.fullmatch(address) is None:
        raise Unsendable(Phase.MAIL, "5.1.7", "the sender is not an address that can be written in an envelope")


def _eight_bit(abilities: Abilities) -> str:
    if not abilities.eight_bit:
        raise Unsendable(Phase.MAIL, "5.6.1", "the mail has 8-bit bytes and the relay does not take them")
    return " BODY=8BITMIME"


def _utf8(abilities: Abilities) -> str:
    if not abilities.utf8:
        raise Unsendable(Phase.RCPT, "5.6.7", "the address needs SMTPUTF8 and the relay does not offer it")
    return " SMTPUTF8"


def _with_ascii_domain(address: str) -> str:
    local, at, domain = address.rpartition("@")
    try:
        return local + at + domain.encode("idna").decode("ascii")
    except UnicodeError:
        return address
