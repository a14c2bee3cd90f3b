"""Quoted-printable that can be cut: literals are encoded once, values are put between them without re-flow.

Every piece starts at column 0, because soft breaks stand around each slot. A dot at column 0 is written =2E,
so no line of a finished mail begins with one and nothing has to be doubled on the wire.
"""

import re

WIDTH = 75
SOFT_BREAK = b"=\r\n"
SHORT_AND_PLAIN = re.compile(r"[!-\-/-<>-~](?:[ -<>-~]{0,73}[!-<>-~])?")
UNPRINTABLE = re.compile(rb"[^ -~]")


def encode(text: str) -> bytes:
    """Encode a piece that begins at column 0; what follows it must begin with a soft break or a line end."""
    if SHORT_AND_PLAIN.fullmatch(text):
        return text.encode("ascii")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return b"\r\n".join(_line(line.encode()) for line in lines)


def _line(line: bytes) -> bytes:
    rest = UNPRINTABLE.sub(_token, line.replace(b"=", b"=3D"))
    if rest.endswith(b" "):
        rest = rest[:-1] + b"=20"
    written = []
    while len(rest := _without_dot(rest)) > WIDTH:
        end = _last_whole(rest)
        written.append(rest[:end])
        rest = rest[end:]
    return SOFT_BREAK.join([*written, rest])


def _last_whole(line: bytes) -> int:
    """How much of a line fits into the width without cutting a code in two."""
    code = line.rfind(b"=", WIDTH - 2, WIDTH)
    return WIDTH if code < 0 else code


def _token(match: re.Match[bytes]) -> bytes:
    return b"=%02X" % match[0][0]


def _without_dot(line: bytes) -> bytes:
    return b"=2E" + line[1:] if line.startswith(b".") else line
