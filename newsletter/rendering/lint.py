"""The linter that reads finished bytes: what a mailbox provider, a relay or the law would trip over.

What is the same in every copy is checked once, when a letter is made ready; what differs is checked while
it is filled in. So this runs on the finished bytes of a probe, in previews, and in tests on everything.
"""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from urllib.parse import urlsplit

from newsletter.content import marks

LONGEST_LINE = 998
LARGEST_HTML = 95 * 1024
ONCE = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type")
AT_MOST_ONCE = ("Reply-To", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID", "Auto-Submitted")
HEADER_LINE = re.compile(rb"[!-9;-~]+:(?: [\x20-\x7e]*)?|[ \t][\x20-\x7e]*[!-~][\x20-\x7e]*")
ONE_ADDRESS = re.compile(rb"<?[^\s<>,;:@\"]+@[^\s<>,;:@\"]+>?")
ONE_CLICK = re.compile(rb"<(https?://[!-;=?-~]+)>")
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def problems(content: bytes, *, postal_address: str | None = None) -> list[str]:
    """Everything that is wrong with a finished mail; with a postal address, whether both parts show it."""
    head, _, _ = content.partition(b"\r\n\r\n")
    fields = _fields(head)
    return [
        *_lines(content),
        *_head_lines(head),
        *_counts(fields),
        *_one_click(fields),
        *_parts(content, fields, postal_address),
    ]


def _lines(content: bytes) -> list[str]:
    found = []
    if re.search(rb"(?<!\r)\n|\r(?!\n)", content):
        found.append("A line ends in a bare CR or LF.")
    if max(map(len, content.split(b"\r\n"))) > LONGEST_LINE:
        found.append(f"A line is longer than {LONGEST_LINE} characters.")
    if content.startswith(b".") or b"\r\n." in content:
        found.append("A line starts with a dot.")
    if b"\0" in content:
        found.append("There is a NUL.")
    return found


def _head_lines(head: bytes) -> list[str]:
    odd = [line for line in head.split(b"\r\n") if not HEADER_LINE.fullmatch(line)]
    return [f"This is not a header line: {line[:60]!r}" for line in odd]


def _fields(head: bytes) -> dict[str, list[bytes]]:
    """Header values as they stand on the wire, unfolded, by lower-case name."""
    fields: dict[str, list[bytes]] = {}
    for line in re.sub(rb"\r\n(?=[ \t])", b"", head).split(b"\r\n"):
        name, _, value = line.partition(b":")
        fields.setdefault(name.decode("latin-1").lower(), []).append(value.strip())
    return fields


def _counts(fields: dict[str, list[bytes]]) -> list[str]:
    found = [f"{name} must be there once." for name in ONCE if len(fields.get(name.lower(), [])) != 1]
    found += [f"{name} is there twice." for name in AT_MOST_ONCE if len(fields.get(name.lower(), [])) > 1]
    found += [f"{name} must not be there." for name in ("Cc", "Bcc") if name.lower() in fields]
    if not all(ONE_ADDRESS.fullmatch(value) for value in fields.get("to", [])):
        found.append("To must be exactly one address.")
    if fields.get("subject") == [b""]:
        found.append("The subject is empty.")
    return found


def _one_click(fields: dict[str, list[bytes]]) -> list[str]:
    """RFC 8058: a literal https address, and the exact words beside it."""
    address, post = fields.get("list-unsubscribe"), fields.get("list-unsubscribe-post")
    if address is None and post is None:
        return []
    if address is None or post != [b"List-Unsubscribe=One-Click"]:
        return ["List-Unsubscribe and List-Unsubscribe-Post belong together."]
    match = ONE_CLICK.fullmatch(address[0])
    if match is None:
        return ["List-Unsubscribe must be one literal address in angle brackets."]
    parts = urlsplit(match[1].decode("ascii"))
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        return ["List-Unsubscribe must be https."]
    return []


def _parts(content: bytes, fields: dict[str, list[bytes]], postal_address: str | None) -> list[str]:
    message = message_from_bytes(content, policy=policy.default)
    if not isinstance(message, EmailMessage) or message.defects:
        return ["The mail cannot be read as it is meant."]
    bodies = [part for part in message.walk() if part.get_content_type() in {"text/plain", "text/html"}]
    if [part.get_content_type() for part in bodies] != ["text/plain", "text/html"]:
        return ["There must be a plain text and then an HTML part."]
    text, html = (part.get_content() for part in bodies)
    found = [] if text.strip() else ["The text part is empty."]
    if len(html.encode()) > LARGEST_HTML:
        found.append("The HTML is larger than 95 KB; mailboxes would cut it.")
    if any(marks.are_in(part) or "{{" in part for part in (text, html)):
        found.append("A slot was not filled in.")
    return found + _owed(text, html, fields, postal_address)


def _owed(text: str, html: str, fields: dict[str, list[bytes]], postal_address: str | None) -> list[str]:
    """What marketing mail owes its reader in both parts."""
    if "list-unsubscribe" not in fields:
        return []
    found = []
    link = fields["list-unsubscribe"][0].strip(b"<>").decode("latin-1")
    if link not in text or link not in html:
        found.append("The link to unsubscribe must stand in both parts.")
    if postal_address is not None:
        seen = postal_address and postal_address in text and postal_address in unescape(html)
        found += [] if seen else ["The postal address must stand in both parts."]
    return found
