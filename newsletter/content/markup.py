"""The few marks in which the shipped emails are written, and in which staff wrote before there was an editor.

An empty line parts paragraphs, a line break is a line break, `- ` begins a point of a list, `**so**` is
strong, `*so*` is stressed, `[so](call)` is a link; a paragraph that begins with "Source:" is set small.
There is no HTML in it and none can be brought in.
"""

import re
from collections.abc import Iterator

from newsletter.content import richtext
from newsletter.content.richtext import Paragraph, Part, Points, Span

POINT = "- "
INLINE = re.compile(
    r"(?P<field>\{\{.*?\}\})"
    r"|\*\*(?=\S)(?P<strong>.+?)(?<=\S)\*\*"
    r"|(?<![\w*])\*(?=[^\s*])(?P<stress>[^*]+?)(?<=\S)\*(?![\w*])"
    r"|\[(?P<label>[^\[\]]+)\]\((?P<target>[^()\s]*)\)",
    re.DOTALL,
)


def parse(text: str) -> list[Part]:
    """Read such a text; any text can be read."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    parts: list[Part] = []
    for group in _groups([line.strip() for line in lines]):
        if group[0].startswith(POINT):
            items = [_spans(line.removeprefix(POINT)) for line in group]
            parts.append(Points(tuple(item for item in items if item)))
        else:
            parts.append(Paragraph(_spans("\n".join(group))))
    return parts


def html(text: str) -> str:
    """The same as rich text."""
    return richtext.write(parse(text))


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
        spans += [Span(text[end : match.start()]), _span(match)]
        end = match.end()
    return richtext.tidied([*spans, Span(text[end:])])


def _span(match: re.Match[str]) -> Span:
    if match["strong"]:
        return Span(match["strong"], strong=True)
    if match["stress"]:
        return Span(match["stress"], stress=True)
    return Span(match["label"], link=match["target"])
