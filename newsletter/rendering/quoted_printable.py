"""Quoted-printable that can be cut: literals are encoded once, values are put between them without re-flow.

Every piece starts at column 0, because soft breaks stand around each slot. A dot at column 0 is written =2E,
so no line of a finished mail begins with one and nothing has to be doubled on the wire.
"""

import re

WIDTH = 75
SOFT_BREAK = b"=\r\n"
SHORT_AND_PLAIN = re.compile(r"[!-\-/-<>-~](?:[ -<>-~]{0,73}[!-<>-~])?")
_PLAIN = frozenset(range(0x20, 0x7F)) - {ord("=")}
_TOKENS = [bytes([byte]) if byte in _PLAIN else b"=%02X" % byte for byte in range(256)]
_DOT, _BLANKS = b".", (b" ", b"\t")


def encode(text: str) -> bytes:
    """Encode a piece that begins at column 0; what follows it must begin with a soft break or a line end."""
    if SHORT_AND_PLAIN.fullmatch(text):
        return text.encode("ascii")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return b"\r\n".join(_line(line.encode()) for line in lines)


def _line(line: bytes) -> bytes:
    tokens = [_TOKENS[byte] for byte in line]
    if line[-1:] in _BLANKS:
        tokens[-1] = b"=%02X" % line[-1]
    written: list[bytes] = []
    column = 0
    for token in tokens:
        if column + len(token) > WIDTH:
            written.append(SOFT_BREAK)
            column = 0
        safe = b"=2E" if column == 0 and token == _DOT else token
        written.append(safe)
        column += len(safe)
    return b"".join(written)
