"""Marks: how a slot is written in frozen content, from the templates through premailer to the message.

Among words a slot is its name and its fallback between private-use characters, which nobody can type and
which validation refuses. As a link's target it is an address below https://slot.invalid/, which survives
URL encoding. A mark with a number, such as click/3, is the third kind of a link that carries one.

Around a block that only some readers see stand an opening and a closing mark with the number of its condition in
the revision's `conditions`; several blocks may share one. What stands between them is left out whole.
"""

import re
from typing import NamedTuple

OPEN, BAR, CLOSE = "\ue000", "\ue001", "\ue002"
HOST = "slot.invalid"
OPENING, CLOSING = "opening", "closing"
PATTERN = re.compile(
    rf"{OPEN}(?P<name>[a-z_]+){BAR}(?P<fallback>[^{OPEN}{BAR}{CLOSE}]*){CLOSE}"
    rf"|{OPEN}(?P<edge>{OPENING}|{CLOSING})/(?P<condition>[0-9]+){CLOSE}"
    rf"|https://{re.escape(HOST)}/(?P<link>[a-z_]+)(?:/(?P<number>[0-9]+))?"
)


class Mark(NamedTuple):
    """One slot found in frozen content: words with a fallback, a link with perhaps a number, or a block's edge."""

    name: str
    fallback: str
    is_link: bool
    number: str

    @property
    def is_edge(self) -> bool:
        return not self.is_link and self.number != ""


def words(name: str, fallback: str = "") -> str:
    return f"{OPEN}{name}{BAR}{fallback}{CLOSE}"


def link(name: str, number: int | None = None) -> str:
    return f"https://{HOST}/{name}" + ("" if number is None else f"/{number}")


def opening(condition: int) -> str:
    """Where a block begins that is only for those for whom this condition holds."""
    return f"{OPEN}{OPENING}/{condition}{CLOSE}"


def closing(condition: int) -> str:
    """Where such a block ends."""
    return f"{OPEN}{CLOSING}/{condition}{CLOSE}"


def split(content: str) -> list[str | Mark]:
    """Literals and marks in turn, empty literals left out."""
    parts: list[str | Mark] = []
    end = 0
    for match in PATTERN.finditer(content):
        parts += [content[end : match.start()], _mark(match)]
        end = match.end()
    return [part for part in [*parts, content[end:]] if part]


def are_in(text: str) -> bool:
    """Whether a text from outside could be taken for a mark."""
    return HOST in text.lower() or any(character in text for character in (OPEN, BAR, CLOSE))


def _mark(match: re.Match[str]) -> Mark:
    if match["edge"]:
        return Mark(match["edge"], "", is_link=False, number=match["condition"])
    if match["name"]:
        return Mark(match["name"], match["fallback"], is_link=False, number="")
    return Mark(match["link"], "", is_link=True, number=match["number"] or "")
