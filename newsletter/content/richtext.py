"""Rich text: the little HTML that staff's text may hold, made safe and read into what the templates draw.

    clean(html)  the same words in eight tags and nothing else; what is clean already stays as it is
    parse(html)  paragraphs and points made of spans: both parts of a mail are drawn from these

What is read has gone through nh3, and what is written is put together here, word by word: nothing of the
HTML that came in is ever handed on.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from html.parser import HTMLParser
from itertools import groupby

import nh3

TAGS = frozenset({"p", "br", "strong", "em", "a", "ul", "ol", "li"})
BLOCKS = frozenset(
    {
        *("address", "article", "aside", "blockquote", "caption", "dd", "details", "div", "dl"),
        *("dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4"),
        *("h5", "h6", "header", "hgroup", "hr", "main", "nav", "pre"),
        *("section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr"),
    }
)
"""Where a paragraph ends in what people paste."""
NEVER_SHOWN = frozenset({"script", "style", "title"})
LISTS = frozenset({"ul", "ol"})
SOURCE = re.compile(r"sources?:", re.IGNORECASE)
HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ue000-\ue002\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
"""What cannot be seen and could mislead: control characters, turns of direction, our own marks."""
BREAKS = re.compile("[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
NEVER_IN_A_LINE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u206f\ud800-\udfff\ue000-\uf8ff\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
"""What no subject and no name may hold. Joiners may: emoji, and words of some languages, are made with them."""
BLANK = re.compile(r"[ \t\n\r\f\u2028\u2029]+")
PIECE = re.compile(r"\n| |[^\n ]+")
_cleaner = nh3.Cleaner(
    tags=TAGS | BLOCKS | {"b", "i"},
    clean_content_tags=NEVER_SHOWN,
    attributes={"a": {"href"}},
    url_schemes={"https", "http", "mailto", "tel"},
    link_rel=None,
)


@dataclass(frozen=True)
class Span:
    """A run of words in one dress; `link` is the target of a link, and None where there is none."""

    text: str
    strong: bool = False
    stress: bool = False
    link: str | None = None


Spans = tuple[Span, ...]


@dataclass(frozen=True)
class Paragraph:
    """A line break within it is a newline. One that begins with "Source:" names where a number comes from."""

    spans: Spans

    @property
    def is_source(self) -> bool:
        return bool(self.spans and SOURCE.match(self.spans[0].text))


@dataclass(frozen=True)
class Points:
    items: tuple[Spans, ...]
    is_ordered: bool = False


Part = Paragraph | Points


def visible(text: str) -> str:
    """The text without characters that nobody can see."""
    return HIDDEN.sub("", text)


def is_one_line(text: str) -> bool:
    """Whether an inbox shows this as it stands."""
    return text.isprintable() or NEVER_IN_A_LINE.search(text) is None


def has_breaks(text: str) -> bool:
    """Whether this would be more than one line somewhere."""
    return BREAKS.search(text) is not None


def one_line(text: str) -> str:
    """What may stand in a line, such as a subject, with its breaks as blanks."""
    return NEVER_IN_A_LINE.sub("", BREAKS.sub(" ", text)).strip()


def clean(html: str) -> str:
    """The same words in our few tags."""
    return write(parse(html))


@lru_cache(maxsize=512)
def parse(html: str) -> tuple[Part, ...]:
    """Read any HTML; what we do not know becomes plain paragraphs."""
    reader = _Reader()
    reader.feed(_cleaner.clean(visible(html)))
    reader.close()
    return reader.parts()


def write(parts: Iterable[Part]) -> str:
    """The HTML that reads back as these parts."""
    return "".join(_written(part) for part in parts)


def runs(parts: Iterable[Part]) -> Iterator[Spans]:
    """Every paragraph and every point."""
    for part in parts:
        yield from part.items if isinstance(part, Points) else (part.spans,)


def links(parts: Iterable[Part]) -> Iterator[str]:
    """The targets of all links, in the order in which they are met."""
    for spans in runs(parts):
        yield from (target for target, _ in linked(spans) if target is not None)


def linked(spans: Spans) -> Iterator[tuple[str | None, list[Span]]]:
    """The spans of one link together, and what stands between links."""
    for target, group in groupby(spans, key=lambda span: span.link):
        yield target, list(group)


def plain(parts: Iterable[Part]) -> str:
    """The words alone, as a reader hears them."""
    return "\n\n".join("".join(span.text for span in spans) for spans in runs(parts))


def tidied(spans: Iterable[Span]) -> Spans:
    """Without blanks at the ends and in rows; neighbours in the same dress are one."""
    kept: list[tuple[str, Span]] = []
    for span in spans:
        for piece in PIECE.findall(span.text):
            last = kept[-1][0] if kept else "\n"
            if piece == "\n" and last == " ":
                kept.pop()
                last = kept[-1][0]
            if piece.strip(" \n") or last not in {" ", "\n"}:
                kept.append((piece, span))
    while kept and kept[-1][0] in {" ", "\n"}:
        kept.pop()
    dressed = groupby(kept, key=lambda one: _dress(*one))
    return tuple(Span("".join(piece for piece, _ in group), *dress) for dress, group in dressed)


def _dress(piece: str, span: Span) -> tuple[bool, bool, str | None]:
    """A line break is neither strong nor stressed."""
    is_word = piece != "\n"
    return span.strong and is_word, span.stress and is_word, span.link


def _written(part: Part) -> str:
    if isinstance(part, Paragraph):
        return f"<p>{_inline(part.spans)}</p>"
    name = "ol" if part.is_ordered else "ul"
    return f"<{name}>" + "".join(f"<li>{_inline(spans)}</li>" for spans in part.items) + f"</{name}>"


def _inline(spans: Spans) -> str:
    written = ""
    for target, group in linked(spans):
        words = "".join(_bold(strong, list(same)) for strong, same in groupby(group, key=lambda span: span.strong))
        written += words if target is None else f'<a href="{escape(target)}">{words}</a>'
    return written


def _bold(strong: bool, spans: list[Span]) -> str:  # noqa: FBT001
    words = "".join(f"<em>{_words(span)}</em>" if span.stress else _words(span) for span in spans)
    return f"<strong>{words}</strong>" if strong else words


def _words(span: Span) -> str:
    return escape(span.text, quote=False).replace("\n", "<br>")


class _Reader(HTMLParser):
    """Reads what nh3 has left; a list within a list is read as more points of the outer one."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[Part] = []
        self._spans: list[Span] = []
        self._items: list[Spans] = []
        self._depth = dict.fromkeys(("list", "strong", "em"), 0)
        self._is_ordered = False
        self._link: str | None = None

    def parts(self) -> tuple[Part, ...]:
        self._end()
        self._end_list()
        return tuple(self._parts)

    def handle_data(self, data: str) -> None:
        self._say(BLANK.sub(" ", visible(data)))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        tag = {"b": "strong", "i": "em"}.get(tag, tag)
        if tag == "a":
            self._link = visible(dict(attrs).get("href") or "").strip()
        elif tag in {"strong", "em"}:
            self._depth[tag] += 1
        elif tag == "br":
            self._break()
        elif tag in LISTS:
            self._begin_list(is_ordered=tag == "ol")
        else:
            self._edge(tag)

    def handle_endtag(self, tag: str) -> None:
        tag = {"b": "strong", "i": "em"}.get(tag, tag)
        if tag == "a":
            self._link = None
        elif tag in {"strong", "em"}:
            self._depth[tag] -= 1
        elif tag in LISTS:
            self._end()
            self._depth["list"] -= 1
            if not self._depth["list"]:
                self._end_list()
        elif tag != "br":
            self._edge(tag)

    def _say(self, words: str) -> None:
        self._spans.append(Span(words, self._depth["strong"] > 0, self._depth["em"] > 0, self._link))

    def _break(self) -> None:
        """A line break; the second in a row parts two paragraphs."""
        written = "".join(span.text for span in self._spans[-2:]).rstrip(" ")
        if written.endswith("\n") and not self._depth["list"]:
            self._end()
        else:
            self._spans.append(Span("\n", link=self._link))

    def _edge(self, tag: str) -> None:
        """Where a block begins or ends: of a point only a line, elsewhere the paragraph."""
        if self._depth["list"] and tag != "li":
            self._spans.append(Span("\n"))
        else:
            self._end()

    def _begin_list(self, *, is_ordered: bool) -> None:
        self._end()
        if not self._depth["list"]:
            self._is_ordered = is_ordered
        self._depth["list"] += 1

    def _end(self) -> None:
        spans = tidied(self._spans)
        self._spans = []
        if spans and self._depth["list"]:
            self._items.append(spans)
        elif spans:
            self._parts.append(Paragraph(spans))

    def _end_list(self) -> None:
        if self._items:
            self._parts.append(Points(tuple(self._items), self._is_ordered))
        self._items = []
