"""Two versions of an email side by side: block by block, word by word. Pure; the studio's revisions page shows it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.segments import queries as segments
from newsletter.content import blocks, documents, fields, richtext
from newsletter.content.blocks import Block, Form
from newsletter.content.models import EmailRevision

Names = Mapping[str, str]
NAMELESS: Names = {}
State = Literal["same", "changed", "added", "removed"]
WORDS = re.compile(r"\s+|[^\s\w]|\w+")
FIELD_NAMES: dict[str, Promise] = {
    "target": gettext_lazy("leads to"),
    "picture": gettext_lazy("picture"),
    "alt": gettext_lazy("alternative text"),
    "decorative": gettext_lazy("only decoration"),
    "only": gettext_lazy("shown only to some"),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words; `is_changed` means added on the new side, and removed on the old one."""

    text: str
    is_changed: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One block or line of both versions; a side on which it is not there has no pieces."""

    name: str
    state: State
    old: tuple[Piece, ...]
    new: tuple[Piece, ...]
    is_moved: bool = False


def compared(old: EmailRevision, new: EmailRevision, names: Names = NAMELESS) -> list[Row]:
    """Subject, preheader, and each block in the order of the new version; what was removed stands where it was.

    `names` are what people call the pictures, the places that links lead to, and merge fields such as `{{ phone }}`.
    """
    pairs = _paired(_blocks(old), _blocks(new))
    return [
        _row(_("Subject"), _read(old.subject, names), _read(new.subject, names)),
        _row(_("Preheader"), _read(old.preheader, names), _read(new.preheader, names)),
        *(_of_blocks(one, other, names, is_moved=is_moved) for one, other, is_moved in pairs),
    ]


def words(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Both texts in pieces, those marked that the other does not have."""
    one, other = WORDS.findall(old), WORDS.findall(new)
    before, after = [], []
    for tag, a, b, c, d in SequenceMatcher(None, one, other).get_opcodes():
        before.append(Piece("".join(one[a:b]), tag != "equal"))
        after.append(Piece("".join(other[c:d]), tag != "equal"))
    return _told(before), _told(after)


def _told(pieces: list[Piece]) -> tuple[Piece, ...]:
    return tuple(piece for piece in pieces if piece.text)


def _row(name: str, old: str, new: str) -> Row:
    before, after = words(old, new)
    return Row(name, "same" if old == new else "changed", before, after)


def _blocks(revision: EmailRevision) -> list[Block]:
    """Its blocks in today's form; of a document that cannot be read there are none."""
    body = documents.upgrade(revision.body)
    found = body.get("blocks") if isinstance(body, dict) else None
    return [block for block in found if isinstance(block, dict)] if isinstance(found, list) else []


Pair = tuple[Block | None, Block | None, bool]


def _paired(old: list[Block], new: list[Block]) -> Iterator[Pair]:
    """Each block beside what it was, known by its id."""
    before, after = [_key(block) for block in old], [_key(block) for block in new]
    by_key = dict(zip(before, old, strict=True))
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        yield from ((by_key[key], None, False) for key in before[a:b] if key not in after)
        yield from ((by_key.get(_key(block)), block, tag != "equal" and _key(block) in by_key) for block in new[c:d])


def _key(block: Block) -> str:
    return f"{block.get('id')}/{blocks.kind_of(block)}"


def _of_blocks(old: Block | None, new: Block | None, names: Names, *, is_moved: bool) -> Row:
    name = _name(new or old or {})
    said_before, said_now = _says(old, names), _says(new, names)
    before, after = words(said_before, said_now)
    if old is None or new is None:
        return Row(name, "added" if old is None else "removed", before, after)
    return Row(name, "same" if said_before == said_now else "changed", before, after, is_moved=is_moved)


def _name(block: Block) -> str:
    kind = blocks.KINDS.get(blocks.kind_of(block))
    name = str(kind.name) if kind else _("unknown block")
    return name[:1].upper() + name[1:]


def _says(block: Block | None, names: Names) -> str:
    """Everything that a block holds, one field after the other."""
    kind = blocks.KINDS.get(blocks.kind_of(block))
    if block is None or kind is None:
        return ""
    lines = [_line(name, _spoken(block.get(name), field.form, names)) for name, field in kind.fields.items()]
    return "\n".join(line for line in [*lines, _line("only", _spoken(block.get("only"), None, names))] if line)


def _line(name: str, said: str) -> str:
    if not said:
        return ""
    return f"({FIELD_NAMES[name]}: {said})" if name in FIELD_NAMES else said


def _spoken(value: Any, form: Form | None, names: Names) -> str:
    if not value:
        return ""
    if value is True:
        return _("yes")
    if isinstance(value, dict):
        return segments.says({"name": "", **value})
    if form is Form.RICH:
        return _rich(str(value), names)
    return names.get(str(value), str(value)) if form in {Form.PICTURE, Form.TARGET} else _read(str(value), names)


def _rich(html: str, names: Names) -> str:
    """The words with where their links lead, since a changed link is a change."""
    parts = richtext.parse(html)
    links: Sequence[str] = tuple(richtext.links(parts))
    led = "".join(f"\n({FIELD_NAMES['target']}: {names.get(target, target)})" for target in links)
    return _read(richtext.plain(parts), names) + led


def _read(text: str, names: Names) -> str:
    """Words with their merge fields as the editor shows them."""
    return fields.FIELD.sub(lambda match: _field(match["name"].strip(), match["fallback"] or "", names), text)


def _field(name: str, fallback: str, names: Names) -> str:
    named = names.get(f"{{{{ {name} }}}}", name)
    words = {"name": named, "fallback": fallback.strip()}
    return (_("[%(name)s, or “%(fallback)s”]") if words["fallback"] else "[%(name)s]") % words
