"""Read SMTP replies from bytes that arrive in any pieces. Knows no socket and no command."""

import re
from dataclasses import dataclass

LONGEST_LINE = 4096
MOST_LINES = 200
NUMBERS = {b"%03d" % number: number for number in range(1000)}
SEPARATORS = frozenset({b" ", b"-", b""})
SHOWN = 500  # bytes of a reply that are kept
ZERO = ord("0")
STATUS = re.compile(rb"([245]\.\d{1,3}\.\d{1,3})(?:\s|$)")


class BadReply(Exception):
    """What came is not SMTP."""


@dataclass(slots=True)
class Reply:
    """One reply, with as many lines as it had."""

    code: int
    lines: list[bytes]

    @property
    def is_positive(self) -> bool:
        return self.code // 100 == 2  # noqa: PLR2004

    @property
    def text(self) -> str:
        """The lines behind the code, as one line."""
        words = b" ".join(self.lines)[:SHOWN].decode("utf-8", "replace")
        return words if words.isprintable() else "".join(c if c.isprintable() else "?" for c in words)

    @property
    def enhanced(self) -> str | None:
        """The status code of RFC 3463, if the reply has one that agrees with its number."""
        found = STATUS.match(self.lines[-1])
        if found is None or found[1][0] - ZERO != self.code // 100:
            return None
        return found[1].decode()


class ReplyReader:
    """Collects bytes and gives out whole replies."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[bytes] = []

    @property
    def is_empty(self) -> bool:
        """True between replies: nothing is half read."""
        return not self._rest and not self._lines

    def feed(self, data: bytes) -> list[Reply]:
        """Return the replies that these bytes complete; raise BadReply on anything else."""
        lines = (self._rest + data).split(b"\n") if self._rest else data.split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > LONGEST_LINE:
            raise BadReply("a reply line has no end")
        return [reply for line in lines if (reply := self._add(line.rstrip(b"\r"))) is not None]

    def _add(self, line: bytes) -> Reply | None:
        number, more = NUMBERS.get(line[:3]), line[3:4]
        if number is None or more not in SEPARATORS:
            raise BadReply(f"not an SMTP reply: {line[:60]!r}")
        self._lines.append(line[4:])
        if more == b"-":
            if len(self._lines) > MOST_LINES:
                raise BadReply("a reply has too many lines")
            return None
        reply, self._lines = Reply(number, self._lines), []
        return reply
