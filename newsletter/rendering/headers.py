"""Header lines as bytes: encoded words where they are needed, folded, and never a line that a value made up."""

import base64
import re
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from newsletter.content import richtext

LONGEST_ADDRESS = 254
FOLD_AT = 76
LONGEST_LINE = 998
WORD_BYTES = 39
"""So many bytes become 52 characters of base64: with =?utf-8?b? ?= and the header's name, within 76."""
PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-][A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]*@[A-Za-z0-9.-]+")
TOKEN = re.compile(r"[A-Za-z0-9_-]{1,60}")


class Unfillable(ValueError):
    """One copy cannot be made; says why. Other copies of the same letter can."""


def text(name: str, value: str) -> bytes:
    """An unstructured header, such as Subject."""
    check(name, value)
    if value.isascii() and "=?" not in value:
        return _folded(f"{name}: {value}")
    return f"{name}: {_encoded_words(value)}\r\n".encode("ascii")


def mailbox(name: str, display_name: str, address: str) -> bytes:
    """A header with one mailbox, such as From or Reply-To."""
    check(name, display_name)
    addr_spec = one_address(address)
    if not display_name:
        return f"{name}: {addr_spec}\r\n".encode("ascii")
    if display_name.isascii() and "=?" not in display_name:
        quoted = display_name.replace("\\", "\\\\").replace('"', '\\"')
        return f'{name}: "{quoted}" <{addr_spec}>\r\n'.encode("ascii")
    return f"{name}: {_encoded_words(display_name)}\r\n <{addr_spec}>\r\n".encode("ascii")


def literal(name: str, value: str) -> bytes:
    """A header whose value is written as it stands, on one line: a URL in it must never be encoded."""
    check(name, value)
    if not value.isascii():
        raise Unfillable(f"{name} must be plain ASCII.")
    line = f"{name}: {value}\r\n".encode("ascii")
    if len(line) > LONGEST_LINE:
        raise Unfillable(f"{name} is longer than a line may be.")
    return line


def check(name: str, value: str) -> None:
    """Refuse line breaks, control characters, and what turns words round or hides between them."""
    if not richtext.is_one_line(value):
        raise Unfillable(f"{name} has a line break or another character that no header may have.")


def one_address(address: str) -> str:
    """The address as a header shows it, exactly one, its domain in ASCII."""
    if PLAIN_ADDRESS.fullmatch(address) and len(address) <= LONGEST_ADDRESS:
        return address
    try:
        checked = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise Unfillable(f"This is not one email address: {error}") from None
    if checked.ascii_email is None:
        raise Unfillable("The part before the @ has letters that need SMTPUTF8.")
    return checked.ascii_email


def token(value: str) -> bytes:
    """A token as it stands in links and in the Message-ID."""
    if not TOKEN.fullmatch(value):
        raise Unfillable("The token is not one of ours.")
    return value.encode("ascii")


@lru_cache(maxsize=8)
def date(moment: datetime) -> bytes:
    """The moment of handing over, as the Date header has it; a whole window shares one."""
    return format_datetime(moment).encode("ascii")


def _folded(line: str) -> bytes:
    """The line, broken at spaces where it is long; a word is never cut."""
    if len(line) <= FOLD_AT:
        return line.encode("ascii") + b"\r\n"
    name, _, value = line.partition(": ")
    lines = [f"{name}:"]
    for word in value.split(" "):
        is_full = len(lines[-1]) + 1 + len(word) > FOLD_AT
        if is_full and word and lines != [f"{name}:"]:
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines).encode("ascii") + b"\r\n"


def _encoded_words(value: str) -> str:
    """RFC 2047 words of whole characters, one a line."""
    words, chunk = [], b""
    for character in value:
        encoded = character.encode()
        if len(chunk) + len(encoded) > WORD_BYTES:
            words.append(chunk)
            chunk = b""
        chunk += encoded
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(word).decode()}?=" for word in [*words, chunk])
