"""The few marks that a text block knows, so that it can be written in a plain text area.

An empty line parts paragraphs, a line break is a line break, `- ` begins a point of a list, `**so**` is
strong, `*so*` is stressed, `[so](call)` is a link; a paragraph that begins with "Source:" is set small.
There is no HTML in it and none can be brought in: templates escape every word.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

POINT = "- "
SOURCE = re.compile(r"sources?:", re.IGNORECASE)
INLINE = re.compile(
    r"(?P<field>\{\{.*?\}\})"
    r"|\*\*(?=\S)(?P<strong>.+?)(?<=\S)\*\*"
    r"|(?<![\w*])\*(?=[^\s*])(?P<stress>[^*]+?)(?<=\S)\*(?![\w*])"
    r"|\[(?P<label>[^\[\]]+)\]\((?P<target>[^()\s]*)\)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Span:
    """A run of words: plain, strong, stressed, or a link with its target."""

    kind: str
    text: str
    target: str = ""


@dataclass(frozen=True)
class Paragraph:
    spans: tuple[Span, ...]
    is_source: bool = False


@dataclass(frozen=True)
class Points:
    items: tuple[tuple[Span, ...], ...]


def parse(text: str) -> list[Paragraph | Points]:
    """Read a text block's text; any text can be read."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    parts: list[Paragraph | Points] = []
    for group in _groups([line.strip() for line in lines]):
        if group[0].startswith(POINT):
            parts.append(Points(tuple(_spans(line.removeprefix(POINT)) for line in group)))
        else:
            parts.append(Paragraph(_spans("\n".join(group)), is_source=bool(SOURCE.match(group[0]))))
    return parts


def links(text: str) -> Iterator[str]:
    """The targets of all links in a text block's text."""
    for part in parse(text):
        runs = part.items if isinstance(part, Points) else (part.spans,)
        for spans in runs:
            yield from (span.target for span in spans if span.kind == "link")


def plain(text: str) -> str:
    """The words alone, as a reader hears them."""
    paragraphs = []
    for part in parse(text):
        runs = part.items if isinstance(part, Points) else (part.spans,)
        paragraphs += ["".join(span.text for span in spans) for spans in runs]
    return "\n\n".join(paragraphs)


def _groups(lines: list[str]) -> Iterator[list[str]]:
    """Lines that belong together: a paragraph, or the points of one list."""
    group: list[str] = []
    for line in lines:
        breaks = not line or (group and line.startswith(POINT) != group[0].startswith(POINT))
        if breaks and group:
            yield group
            group = []
        if line:
            group.append(line)
    if group:
        yield group


def _spans(text: str) -> tuple[Span, ...]:
    spans: list[Span] = []
    end = 0
    for match in INLINE.finditer(text):
        if match["field"]:
            continue
        spans += [Span("words", text[end : match.start()]), _span(match)]
        end = match.end()
    return tuple(span for span in [*spans, Span("words", text[end:])] if span.text)


def _span(match: re.Match[str]) -> Span:
    if match["strong"]:
        return Span("strong", match["strong"])
    if match["stress"]:
        return Span("stress", match["stress"])
    return Span("link", match["label"], match["target"])
