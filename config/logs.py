"""Lines of our logs: readable by whoever looks after the machine, and no key to anybody's mail.

The token in a link is a key, and an address says who is interested in sciatica; both reach the log by themselves,
in the path of a request that was refused, or in the words of a database or a mail provider. So every finished
line, traceback and all, is masked before it is written. config/proxy/Caddyfile does the same for the proxy's log.
"""

import logging
import re

from leads.people import addresses

TOKENS = re.compile(
    r"((?:^|(?<=[\s\"'(=]))(?:https?://[^/\s]*)?"
    r"/(?:[a-z]|confirm|call|studio/welcome|studio/password/new)/)[^\s?\"'<>)]+"
)


class Discreet(logging.Formatter):
    """A formatter whose lines hold no token and no whole address."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


def masked(line: str) -> str:
    """The line with /u/<token> as /u/- and ada@mail.example as a•••@mail.example."""
    return addresses.masked_in(TOKENS.sub(r"\1-", line))
