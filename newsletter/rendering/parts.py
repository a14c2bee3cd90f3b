"""The lines that stand around the parts of a message."""

import base64

from newsletter.rendering import headers
from newsletter.rendering.attachments import Attachment


def opening(kind: str, boundary: str) -> bytes:
    """Where a message of several parts begins."""
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode("ascii")


def part_opening(media_type: str, boundary: str) -> bytes:
    encoding = "Content-Transfer-Encoding: quoted-printable"
    return f'\r\n--{boundary}\r\nContent-Type: {media_type}; charset="utf-8"\r\n{encoding}\r\n\r\n'.encode("ascii")


def mixed_opening(boundary: str) -> bytes:
    return opening("mixed", boundary) + f"--{boundary}\r\n".encode("ascii")


def attached(attachment: Attachment, boundary: str) -> bytes:
    """The last part of a mail with a calendar file."""
    kind = f'text/calendar; charset="utf-8"; method={attachment.method}'
    head = [
        f"\r\n--{boundary}\r\n".encode("ascii"),
        headers.literal("Content-Type", kind),
        headers.literal("Content-Disposition", f'attachment; filename="{attachment.filename}"'),
        b"Content-Transfer-Encoding: base64\r\n\r\n",
    ]
    content = base64.encodebytes(attachment.content).replace(b"\n", b"\r\n")
    return b"".join([*head, content, f"--{boundary}--\r\n".encode("ascii")])
