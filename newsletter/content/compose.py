"""From a block document to what the templates show: words with marks, numbered links, the letter's frame.

Three promises are kept here by construction: every mail offers all three ways out, the terms of the free
call stand beside every "free", and html and text say the same, since both are drawn from one description.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _

from newsletter.content import art, blocks, course, fields, marks, markup, targets, wording
from newsletter.content.letterhead import Letterhead
from newsletter.content.models import EmailKind

FREE = re.compile(r"(?<!feel )(?<!-)\bfree\b(?! (?:times?|slots?|hours?|to)\b)", re.IGNORECASE)
DIALLED = re.compile(r"\+?[0-9][0-9 ().-]*")
FILLER = "\u034f\u200c\u00a0" * 20
"""Invisible: keeps an inbox from showing the letter's first words behind the preheader."""

View = dict[str, Any]


@dataclass(frozen=True)
class Draft:
    """An email as staff wrote it, saved or not."""

    kind: str
    subject: str
    preheader: str
    body: dict[str, Any]
    key: str | None = None
    topic: str = ""
    language: str = "en"

    @property
    def is_marketing(self) -> bool:
        return self.kind != EmailKind.TRANSACTIONAL

    def problems(self) -> list[blocks.Problem]:
        """Everything that keeps this from being saved or compiled."""
        may = blocks.allowed(self.kind, self.key)
        return [
            *blocks.line_problems(self.subject, _("Subject"), may),
            *blocks.line_problems(self.preheader, _("Preheader"), may),
            *blocks.validate(self.body, may),
        ]


@dataclass
class Links:
    """Numbers the links of one email as they are met; a click knows its link by that number."""

    head: Letterhead
    own: Mapping[str, str]
    found: list[dict[str, str]] = field(default_factory=list)

    def href(self, target: str, label: str) -> str:
        """The mark that leads there: a counted click, or the recipient's own link."""
        if target in self.own:
            return marks.link(self.own[target])
        url, goal = targets.resolve(target, booking_url=self.head.booking_url)
        self.found.append({"url": url, "label": fields.without(label), "goal": goal})
        return marks.link("click", len(self.found) - 1)


@dataclass
class Composition:
    """What the templates get, and the links that were numbered on the way."""

    context: dict[str, Any]
    links: list[dict[str, str]]


def compose(draft: Draft, head: Letterhead) -> Composition:
    """Describe this email to the templates."""
    writer = _Writer(head, Links(head, targets.own(draft.kind, draft.key)))
    written = draft.body["blocks"]
    views = [writer.view(block, after) for block, after in zip(written, [*written, {}][1:], strict=True)]
    subject = fields.resolve(draft.subject, head.fields)
    context = {
        "blocks": views,
        "title": subject,
        "preheader": fields.resolve(draft.preheader, head.fields),
        "filler": FILLER,
        "has_heading": any(block["type"] == "heading" for block in written),
        "is_marketing": draft.is_marketing,
        "ways": writer.ways_out(written) if _offers_ways(draft) else [],
        "stroke": _stroke(draft.key),
        "booked_label": wording.booked(draft.topic),
        "reason": wording.reason(draft.kind, draft.topic, draft.key, head.name),
        "head": head,
        "language": draft.language,
        "direction": "rtl" if get_language_bidi() else "ltr",
        "own": {name: marks.link(mark) for name, mark in targets.MARKETING.items()},
        "phone_href": _dialled(head.phone),
    }
    return Composition(context, writer.links.found)


def speaks_of_free(words: str) -> bool:
    """Whether these words promise something free of charge."""
    return FREE.search(words) is not None


@dataclass
class _Writer:
    head: Letterhead
    links: Links
    headings: int = 0

    def view(self, block: View, following: View) -> View:
        """One block as its two templates need it."""
        kind = block["type"]
        view = getattr(self, f"_{kind}")(block)
        words = block.get("text", "") + block.get("label", "")
        told_next = following.get("type") == "button" and following.get("target") == "call"
        promises = block.get("target") == "call" or (speaks_of_free(words) and not told_next)
        return view | {
            "html": f"email/blocks/{kind}.html",
            "txt": f"email/blocks/{kind}.txt",
            "terms": self.head.terms if promises else "",
        }

    def ways_out(self, written: list[View]) -> list[View]:
        """Each way out that no button of the mail offers already."""
        offered = {self._effective(block["target"]) for block in written if block["type"] == "button"}
        labels = {
            "call": _("Book a free 15-minute call"),
            "direct": _("Book a visit online"),
            "ask": _("Ask a question"),
        }
        left = [goal for goal in targets.GOALS if self._effective(goal) == goal and goal not in offered]
        return [
            {
                "label": labels[goal],
                "href": self.links.href(goal, labels[goal]),
                "terms": self.head.terms if goal == "call" else "",
            }
            for goal in left
        ]

    def _effective(self, target: str) -> str:
        return targets.resolve(target, booking_url=self.head.booking_url).goal if target in targets.GOALS else target

    def _say(self, text: str) -> str:
        return fields.resolve(text, self.head.fields)

    def _heading(self, block: View) -> View:
        self.headings += 1
        return {"text": self._say(block["text"]), "level": 1 if self.headings == 1 else 2}

    def _text(self, block: View) -> View:
        return {"parts": [self._part(part) for part in markup.parse(block["text"])]}

    def _part(self, part: markup.Paragraph | markup.Points) -> View:
        if isinstance(part, markup.Points):
            return {"points": [self._spans(spans) for spans in part.items]}
        return {"spans": self._spans(part.spans), "is_source": part.is_source}

    def _spans(self, spans: tuple[markup.Span, ...]) -> list[View]:
        return [
            {
                "kind": span.kind,
                "text": self._say(span.text),
                "href": self.links.href(span.target, span.text) if span.kind == "link" else "",
            }
            for span in spans
        ]

    def _button(self, block: View) -> View:
        target, label = block["target"], block["label"]
        if target == "direct" and self._effective(target) != target:
            label = _("Ask about a first visit")
        return {"label": self._say(label), "href": self.links.href(target, label)}

    def _image(self, block: View) -> View:
        return {
            "src": self.head.static_url + art.PICTURES[block["name"]],
            "alt": self._say(block["alt"]),
            "caption": self._say(block.get("caption", "")),
        }

    def _red_flags(self, block: View) -> View:
        number = self.head.emergency_number
        return {"signs": wording.red_flags(), "emergency_number": number, "emergency_href": _dialled(number)}


def _dialled(number: str) -> str:
    """The link that dials this number; nothing when it is more than one number, or words."""
    return "tel:" + re.sub(r"[^+0-9]", "", number) if DIALLED.fullmatch(number) else ""


def _offers_ways(draft: Draft) -> bool:
    return draft.is_marketing or draft.key == "inquiry-answer"


def _stroke(key: str | None) -> View:
    """The line on top: whole, or as far along as this letter is in the course."""
    number, total = course.place(key) or (1, 1)
    states = ["done"] * number + ["ahead"] * (total - number)
    return {"states": states, "number": number, "total": total}
