"""The schema of a block document: which blocks there are, what each holds, and how large all of it may be.

    {"version": 2, "blocks": [{"id": "k3v9x0aq", "type": "heading", "text": "…"}, {"id": …, "type": "divider"}, …]}

Every field is a string but those of the form FLAG, and `only`: {"name": …, "value": …, "not": bool}, the condition
under which a reader sees the block. What a block looks like is decided by its templates in templates/email/blocks/,
never by the document.
"""

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from newsletter.content import targets
from newsletter.content.fields import slots

VERSION = 2
MOST_BLOCKS = 40
LONGEST_SUBJECT = 150
LONGEST_LINE = 200
LONGEST_TEXT = 8_000
LONGEST_FIELD = 40_000
"""Of what a field may hold to be stored at all, tags included."""
LONGEST_DOCUMENT = 400_000

Block = dict[str, Any]
Document = dict[str, Any]


class Form(Enum):
    """What kind of value a field holds."""

    LINE = auto()
    LINES = auto()
    RICH = auto()
    TARGET = auto()
    PICTURE = auto()
    FLAG = auto()


@dataclass(frozen=True)
class Field:
    """`missing` is said when it is empty; a field without it may be."""

    form: Form
    missing: str | Promise = ""


@dataclass(frozen=True)
class Kind:
    name: str | Promise
    fields: dict[str, Field] = field(default_factory=dict)


@dataclass(frozen=True)
class Allowed:
    """What an email of one kind may hold besides what every email may."""

    fields: frozenset[str] = frozenset({"first_name", "free_times"})
    targets: frozenset[str] = frozenset(targets.MARKETING)


ALT = Field(Form.LINE)
NO_WORDS = _("Write the text, or remove the block.")
NO_PICTURE = _("Choose a picture, or remove the block.")
NO_TARGET = _("Say where it leads.")
KINDS = {
    "heading": Kind(_("heading"), {"text": Field(Form.LINE, _("Write the heading, or remove the block."))}),
    "text": Kind(_("text"), {"text": Field(Form.RICH, NO_WORDS)}),
    "image": Kind(
        _("image"),
        {
            "picture": Field(Form.PICTURE, NO_PICTURE),
            "alt": ALT,
            "decorative": Field(Form.FLAG),
            "caption": Field(Form.LINE),
            "target": Field(Form.TARGET),
        },
    ),
    "button": Kind(
        _("button"),
        {
            "label": Field(Form.LINE, _("Write what the button says.")),
            "target": Field(Form.TARGET, NO_TARGET),
        },
    ),
    "divider": Kind(_("divider")),
    "quote": Kind(_("quote"), {"text": Field(Form.LINES, NO_WORDS), "who": Field(Form.LINE)}),
    "columns": Kind(
        _("two columns"),
        {
            "left": Field(Form.RICH, _("Write the left column, or use a text block instead.")),
            "right": Field(Form.RICH, _("Write the right column, or use a text block instead.")),
        },
    ),
    "article": Kind(
        _("article card"),
        {
            "title": Field(Form.LINE, _("Write the title of the article.")),
            "text": Field(Form.LINES),
            "target": Field(Form.TARGET, NO_TARGET),
            "label": Field(Form.LINE, _("Write what the link says, such as “Read the article”.")),
            "picture": Field(Form.PICTURE),
            "alt": ALT,
        },
    ),
    "signature": Kind(_("signature"), {"closing": Field(Form.LINE)}),
    "red_flags": Kind(_("red-flag box")),
    "free_times": Kind(
        _("next free times"),
        {
            "heading": Field(Form.LINE),
            "fallback": Field(Form.LINES, _("Say what to write when no time is free.")),
        },
    ),
}
"""By `type`, in the order in which the editor offers them."""


def allowed(kind: str, key: str | None = None) -> Allowed:
    """What an email of this kind (and, when it is one of ours, with this key) may hold."""
    return Allowed(slots(kind, key), frozenset(targets.own(kind, key)))


def empty() -> Document:
    return {"version": VERSION, "blocks": []}


def kind_of(block: Any) -> str:
    """The block's type; empty for what has none."""
    kind = block.get("type") if isinstance(block, dict) else None
    return kind if isinstance(kind, str) else ""
