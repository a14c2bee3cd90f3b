"""From a block document to what the templates show: words with marks, numbered links, the letter's frame.

Three promises are kept here by construction: every mail offers all three ways out, the terms of the free
call stand beside every "free", and html and text say the same, since both are drawn from one description. Blocks that
only some readers see do not count for the first of them.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _

from newsletter.content import blocks, course, documents, fields, marks, targets, wording
from newsletter.content.blocks import Block
from newsletter.content.drawing import Drawer, Links, View, dialled, speaks_of_free
from newsletter.content.letterhead import Letterhead
from newsletter.content.models import EmailKind

__all__ = ["Composition", "Draft", "compose", "speaks_of_free"]

FILLER = "\u034f\u200c\u00a0" * 20
"""Invisible: keeps an inbox from showing the letter's first words behind the preheader."""


@dataclass(frozen=True)
class Draft:
    """An email as staff wrote it, saved or not; a document of an older version is upgraded.

    `place` is which letter of how many it is, in the sequence that mails it.
    """

    kind: str
    subject: str
    preheader: str
    body: dict[str, Any]
    key: str | None = None
    topic: str = ""
    language: str = "en"
    place: course.Place | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "body", documents.upgrade(self.body))

    @property
    def is_marketing(self) -> bool:
        return self.kind != EmailKind.TRANSACTIONAL

    def problems(self) -> list[blocks.Problem]:
        """Everything that keeps this from being saved or compiled."""
        may = blocks.allowed(self.kind, self.key)
        return [
            *blocks.line_problems(self.subject, "subject", may),
            *blocks.line_problems(self.preheader, "preheader", may),
            *blocks.validate(self.body, may),
        ]


@dataclass
class Composition:
    """What the templates get: each block's view and the letter's frame; and the links and conditions met on the way."""

    views: list[View]
    context: dict[str, Any]
    links: list[dict[str, str]]
    conditions: list[dict[str, Any]]


def compose(draft: Draft, head: Letterhead) -> Composition:
    """Describe this email to the templates."""
    links = Links(head, targets.own(draft.kind, draft.key))
    drawer = Drawer(head, links)
    written = draft.body["blocks"]
    views = [drawer.view(block, after) for block, after in zip(written, [*written, {}][1:], strict=True)]
    context = {
        "title": fields.resolve(draft.subject, head.fields),
        "preheader": fields.resolve(draft.preheader, head.fields),
        "filler": FILLER,
        "has_heading": drawer.has_heading,
        "is_marketing": draft.is_marketing,
        "ways": _ways_out(written, links) if offers_ways(draft) else [],
        "stroke": _stroke(draft.place),
        "booked_label": wording.booked(draft.topic),
        "reason": wording.reason(draft.kind, draft.topic, draft.key, head.name),
        "head": head,
        "language": draft.language,
        "direction": "rtl" if get_language_bidi() else "ltr",
        "own": {name: marks.link(mark) for name, mark in targets.MARKETING.items()},
        "phone_href": dialled(head.phone),
    }
    return Composition(views, context, links.found, drawer.conditions)


def _ways_out(written: list[Block], links: Links) -> list[View]:
    """Each way out that no button of the mail offers already to everybody."""
    buttons = [block for block in written if block["type"] == "button" and "only" not in block]
    offered = {links.effective(block["target"]) for block in buttons}
    labels = {
        "call": _("Book a free 15-minute call"),
        "direct": _("Book a visit online"),
        "ask": _("Ask a question"),
    }
    left = [goal for goal in targets.GOALS if links.effective(goal) == goal and goal not in offered]
    return [
        {
            "label": labels[goal],
            "href": links.href(goal, labels[goal]),
            "terms": links.head.terms if goal == "call" else "",
        }
        for goal in left
    ]


def offers_ways(draft: Draft) -> bool:
    """Whether the three ways out stand below its text."""
    return draft.is_marketing or draft.key == "inquiry-answer"


def _stroke(place: course.Place | None) -> View:
    """The line on top: whole, or as far along as this letter is in its sequence."""
    number, total = place or (1, 1)
    states = ["done"] * number + ["ahead"] * (total - number)
    return {"states": states, "number": number, "total": total}
