"""A frozen revision as anybody may read it: nobody's name, nobody's links, and no link that is counted.

Every field says its fallback, blocks that only some readers see are left out, and what is only between the clinic and
one reader (why they get it, how to leave, "already booked?") goes away, in the HTML with its paragraph.
"""

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, NamedTuple, Protocol
from urllib.parse import unquote_plus, urlsplit, urlunsplit

import lxml.html  # type: ignore[import-untyped]
from lxml.html import HtmlElement

from newsletter.content import marks
from newsletter.content.marks import Mark

PRIVATE = frozenset({"unsubscribe", "preferences", "booked", "view"})
PERSONAL = "reason"
"""The class of what is said only to whoever got the mail."""
OWN_LINK = re.compile(rf"https://{re.escape(marks.HOST)}/(?P<name>[a-z_]+)")
HOLDERS = frozenset({"p", "td", "div"})
FRAME = 60
"""Letters that may stand beside a reader's own link and still be nothing but its frame."""


class Frozen(Protocol):
    @property
    def subject(self) -> str: ...
    @property
    def preheader(self) -> str: ...
    @property
    def html(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def links(self) -> Any: ...
    @property
    def sender(self) -> Any: ...


class Neutral(NamedTuple):
    """What everybody may read."""

    subject: str
    preheader: str
    html: str
    text: str


def neutral(revision: Frozen) -> Neutral:
    """The revision without anybody in it."""
    targets = [address(link["url"], revision.sender["base_url"]) for link in revision.links]
    document = lxml.html.document_fromstring(_for_all(revision.html))
    reasons = {_words(said) for said in document.find_class(PERSONAL)}
    _drop_what_is_private(document)
    html = lxml.html.tostring(document, encoding="unicode", doctype="<!DOCTYPE html>")
    text = _without_links(line for line in _for_all(revision.text).split("\n") if line.strip() not in reasons)
    return Neutral(
        _said(revision.subject, targets),
        _said(revision.preheader, targets),
        _said(html, [escape(target) for target in targets]),
        _said(text, targets),
    )


def _for_all(content: str) -> str:
    """Without what stands between the edges of a block that only some see."""
    kept: list[str] = []
    depth = 0
    for part, raw in _pieces(content):
        if isinstance(part, Mark) and part.is_edge:
            depth += 1 if part.name == marks.OPENING else -1
        elif depth <= 0:
            kept.append(raw)
    return "".join(kept)


def _pieces(content: str) -> list[tuple[str | Mark, str]]:
    """Literals and marks with how they are written."""
    found: list[tuple[str | Mark, str]] = []
    end = 0
    for match in marks.PATTERN.finditer(content):
        found.append((content[end : match.start()], content[end : match.start()]))
        found.append((marks.split(match[0])[0], match[0]))
        end = match.end()
    return [*found, (content[end:], content[end:])]


def _said(content: str, targets: Sequence[str]) -> str:
    """Every field as its fallback, every counted link as where it leads."""
    return "".join(part if isinstance(part, str) else _filled(part, targets) for part in marks.split(content))


def _filled(mark: Mark, targets: Sequence[str]) -> str:
    if not mark.is_link:
        return mark.fallback
    is_known = mark.name == "click" and mark.number and int(mark.number) < len(targets)
    return targets[int(mark.number)] if is_known else ""


def _drop_what_is_private(document: HtmlElement) -> None:
    for said in document.find_class(PERSONAL):
        said.drop_tree()
    for anchor in list(document.iterfind(".//a")):
        match = OWN_LINK.match(anchor.get("href", ""))
        if match and match["name"] in PRIVATE:
            _take_out(anchor)


def _take_out(anchor: HtmlElement) -> None:
    """The link and the paragraph around it; where a paragraph says more, its words stay and lead nowhere."""
    holder = next((one for one in anchor.iterancestors() if one.tag in HOLDERS), None)
    if holder is not None and holder.getparent() is None:
        return  # went away with another link of its own
    if holder is None or len(_words(holder)) - sum(len(_words(one)) for one in holder.iter("a")) > FRAME:
        anchor.drop_tag()
    else:
        holder.drop_tree()


def _words(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def _without_links(lines: Iterable[str]) -> str:
    """The text part without a reader's own links and the labels above them."""
    kept: list[str] = []
    for line in lines:
        match = OWN_LINK.search(line)
        if not match or match["name"] not in PRIVATE:
            kept.append(line)
        elif kept and kept[-1].strip().endswith(":"):
            kept.pop()
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip() + "\n"


def address(url: str, base_url: str) -> str:
    """Where a link leads, whole and without what is only there to count it."""
    if url.startswith("/"):
        return base_url + url
    parts = urlsplit(url)
    kept = [pair for pair in parts.query.split("&") if not _counts(pair)]
    return urlunsplit(parts._replace(query="&".join(kept)))


def _counts(pair: str) -> bool:
    return unquote_plus(pair).lower().startswith("utm_")
