"""Slots of a finished message: what stands there for one recipient, encoded for the place it stands in."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from html import escape
from typing import NamedTuple

from newsletter.content import labels, marks, richtext
from newsletter.rendering import headers, links, quoted_printable
from newsletter.rendering.headers import Unfillable
from newsletter.rendering.quoted_printable import SOFT_BREAK

LINE_END = re.compile(r"\r\n|\r|\n")
ADDRESS_SLOTS = frozenset({"confirm_url", "reset_url", "invite_url"})


class Slot(NamedTuple):
    """One slot in one place: `place` is html, text, token, page, message_id, to, date or subject."""

    place: str
    name: str = ""
    fallback: str = ""


class Edge(NamedTuple):
    """Where a block begins, or ends, that is only for those for whom the condition of this number holds."""

    condition: int
    is_opening: bool


class Values(NamedTuple):
    """What one recipient brings; every value is still as it was stored."""

    token: str
    page: str
    message_id: str
    address: str
    sent_at: datetime
    words: Mapping[str, str]


Piece = bytes | Slot | Edge
TOKEN = Slot("token")
PAGE = Slot("page")


def body_pieces(content: str, *, place: str, base_url: str) -> list[Piece]:
    """A body part in quoted-printable: literals encoded once, soft breaks around each slot and each edge.

    Raises Unfillable where a block is not closed as it was opened.
    """
    pieces: list[Piece] = []
    literal, opened = "", None
    for part in [*marks.split(content), ""]:
        if isinstance(part, str):
            literal += part
        elif part.is_edge:
            edge = Edge(int(part.number), part.name == marks.OPENING)
            opened = _opened(opened, edge)
            pieces += [_before(literal), edge]
            literal = ""
        else:
            before, slot, after = _around(part, place, base_url)
            pieces += [quoted_printable.encode(literal + before) + SOFT_BREAK, slot, SOFT_BREAK]
            literal = after
    if opened is not None:
        raise Unfillable("A block that only some readers see has no end.")
    return [*pieces, quoted_printable.encode(literal)]


def encode(slot: Slot, values: Values) -> bytes:
    """The bytes that stand in this slot for one recipient; raises Unfillable."""
    return _ENCODERS[slot.place](slot, values)


def said(first_name: str, own: Mapping[str, str]) -> dict[str, str]:
    """The words of one recipient; a name is one line, whatever somebody typed into it."""
    name = first_name if first_name.isprintable() else richtext.one_line(first_name)
    return {"first_name": name, **own}


def words(template: str, values: Mapping[str, str]) -> str:
    """A line with its marks filled in, as plain words."""
    return "".join([part if isinstance(part, str) else _word(part, values) for part in _parts(template)])


@lru_cache(maxsize=256)
def _parts(template: str) -> list[str | marks.Mark]:
    return marks.split(template)


def _before(literal: str) -> bytes:
    """What stands before an edge: the next piece begins at column 0 with the block, and without it."""
    return quoted_printable.encode(literal) + (b"" if not literal or literal.endswith("\n") else SOFT_BREAK)


def _opened(opened: int | None, edge: Edge) -> int | None:
    """The condition of the block that is open after this edge; blocks do not lie in each other."""
    if edge.is_opening and opened is None:
        return edge.condition
    if not edge.is_opening and opened == edge.condition:
        return None
    raise Unfillable("The blocks that only some readers see are not closed as they were opened.")


def _around(mark: marks.Mark, place: str, base_url: str) -> tuple[str, Slot, str]:
    """A slot, and the literals that come with it: a link's address is literal but for its token."""
    if mark.is_link and mark.name in links.LETTERS:
        slot = PAGE if mark.name == "view" else TOKEN
        return base_url + links.prefix(mark.name), slot, f"/{mark.number}" if mark.number else ""
    return "", Slot(place, mark.name, mark.fallback), ""


def _word(mark: marks.Mark, values: Mapping[str, str]) -> str:
    value = values.get(mark.name, "").strip() or mark.fallback
    if not value:
        raise Unfillable(f"There is nothing to write for “{labels.label(mark.name)}”.")
    return value


def _value(slot: Slot, values: Values) -> str:
    """The recipient's own value, or nothing when the fallback has to stand in."""
    value = values.words.get(slot.name, "").strip()
    if not value and not slot.fallback:
        raise Unfillable(f"There is nothing to write for “{labels.label(slot.name)}”.")
    if slot.name in ADDRESS_SLOTS and not (value.startswith(("https://", "http://")) and value.isprintable()):
        raise Unfillable(f"“{slot.name}” is not an address.")
    return value


def _html(slot: Slot, values: Values) -> bytes:
    value = _value(slot, values)
    if _is_plain(value):
        return value.encode("ascii")
    shown = "<br>".join(LINE_END.split(escape(value))) if value else slot.fallback
    return quoted_printable.encode(shown)


def _text(slot: Slot, values: Values) -> bytes:
    value = _value(slot, values)
    return value.encode("ascii") if _is_plain(value) else quoted_printable.encode(value or slot.fallback)


def _is_plain(value: str) -> bool:
    """Most names are: they stand in the mail letter by letter, and nothing has to be looked for in them."""
    return value.isalnum() and value.isascii() and len(value) <= quoted_printable.WIDTH


def _token(slot: Slot, values: Values) -> bytes:
    return headers.token(values.token)


def _page(slot: Slot, values: Values) -> bytes:
    return headers.token(values.page)


def _message_id(slot: Slot, values: Values) -> bytes:
    return headers.token(values.message_id)


def _to(slot: Slot, values: Values) -> bytes:
    return headers.one_address(values.address).encode("ascii")


def _date(slot: Slot, values: Values) -> bytes:
    return headers.date(values.sent_at)


def _subject(slot: Slot, values: Values) -> bytes:
    return headers.text("Subject", words(slot.name, values.words))


_ENCODERS: dict[str, Callable[[Slot, Values], bytes]] = {
    "html": _html,
    "text": _text,
    "token": _token,
    "page": _page,
    "message_id": _message_id,
    "to": _to,
    "date": _date,
    "subject": _subject,
}
