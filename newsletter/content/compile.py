"""Compile an email: block document -> templates with slot marks -> inlined CSS -> HTML and text, ready to freeze."""

import hashlib
import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from newsletter.content import blocks, inlining, marks
from newsletter.content.compose import Composition, Draft, compose
from newsletter.content.drawing import View
from newsletter.content.inlining import inline, inline_piece, stylesheet
from newsletter.content.letterhead import Letterhead
from newsletter.content.models import EmailKind

LONGEST_LINE = 300
NOT_IN_A_NAME = re.compile(r"[@:;,<>\"\\()\[\]\s]+")
BODY = marks.words("body")
"""Stands in the frame where the blocks will."""


class NotCompilable(ValueError):
    """The document has problems that validation names."""

    def __init__(self, problems: list[blocks.Problem]) -> None:
        super().__init__(" ".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True)
class Compiled:
    """What a revision freezes. `links` and `conditions` are numbered by their place; `sender` is for the headers."""

    subject: str
    preheader: str
    html: str
    text: str
    links: list[dict[str, str]]
    sender: dict[str, Any]
    conditions: list[dict[str, Any]] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """The same for the same content, whenever and however often it is compiled."""
        whole = [self.subject, self.preheader, self.html, self.text, self.links, self.sender, self.conditions]
        return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def compile_email(draft: Draft, head: Letterhead) -> Compiled:
    """Compile a draft on this letterhead; raises NotCompilable when validation finds a problem."""
    problems = draft.problems()
    if problems:
        raise NotCompilable(problems)
    with translation.override(draft.language):
        composition = compose(draft, head)
        _check_lengths(composition)
        return _compiled(draft, head, composition, html=_html(composition, head), text=_text(composition))


def _html(composition: Composition, head: Letterhead) -> str:
    """Every block is inlined by itself, so that after a change in one of them only that one costs anything."""
    sheet = stylesheet(head.palette, head.faces)
    frame = inline(render_to_string("email/layouts/letter.html", {**composition.context, "body": BODY}), sheet)
    body = [_marked(view, inline_piece(_drawn(view["html"], view), sheet)) for view in composition.views]
    return frame.replace(BODY, "".join(body))


def _text(composition: Composition) -> str:
    drawn = [(view, tidy(_drawn(view["txt"], view))) for view in composition.views]
    body = [_marked(view, f"{words}\n") for view, words in drawn if words.strip()]
    return tidy(render_to_string("email/layouts/letter.txt", {**composition.context, "body": "".join(body)}))


def _drawn(template: str, view: View) -> str:
    return _drawing(_Piece(template, repr(view), translation.get_language(), view))


@dataclass(frozen=True)
class _Piece:
    """A block for one of its templates: the same as every other that is told the same in the same language."""

    template: str
    told: str
    language: str | None
    view: View = field(compare=False)


@lru_cache(maxsize=1024)
def _drawing(piece: _Piece) -> str:
    """Remembered, as its inlining is: after a change in one block only that one is drawn."""
    return render_to_string(piece.template, {"block": piece.view})


def forget() -> None:
    """Begin anew, as after a start; for whoever measures what a compilation costs."""
    _drawing.cache_clear()
    inlining.forget()


def _marked(view: View, drawn: str) -> str:
    """Between its edges when only some readers see it; without them nothing of it is left, not even an empty line."""
    number = view["condition"]
    return drawn if number is None else marks.opening(number) + drawn + marks.closing(number)


def tidy(text: str) -> str:
    """The text part as a person would have typed it: no trailing spaces, no runs of empty lines."""
    lines = [line.strip() for line in text.strip().splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def _check_lengths(composition: Composition) -> None:
    """Lines that the clinic's own words have made too long for an inbox."""
    lines = {
        "subject": (_("Subject"), composition.context["title"]),
        "preheader": (_("Preheader"), composition.context["preheader"]),
    }
    why = _("With the clinic's words filled in it is longer than %(most)s characters.") % {"most": LONGEST_LINE}
    problems = [
        blocks.Problem(name, why, "too_long", field=key)
        for key, (name, line) in lines.items()
        if len(line) > LONGEST_LINE
    ]
    if problems:
        raise NotCompilable(problems)


def _compiled(draft: Draft, head: Letterhead, composition: Composition, *, html: str, text: str) -> Compiled:
    return Compiled(
        subject=composition.context["title"],
        preheader=composition.context["preheader"],
        html=html,
        text=text,
        links=composition.links,
        sender=_sender(draft, head),
        conditions=composition.conditions,
    )


def _sender(draft: Draft, head: Letterhead) -> dict[str, Any]:
    """What the headers of every copy are made of."""
    domain = head.sender_address.rpartition("@")[2]
    stream = draft.topic if draft.is_marketing else EmailKind.TRANSACTIONAL.value
    return {
        "name": NOT_IN_A_NAME.sub(" ", head.sender_name).strip(),
        "address": head.sender_address,
        "reply_to": head.email if head.email != head.sender_address else "",
        "base_url": head.base_url,
        "list_id": f"{stream or 'newsletter'}.{domain}" if draft.is_marketing else "",
        "stream": stream or "newsletter",
        "is_automated": draft.kind != EmailKind.CAMPAIGN,
        "postal_address": head.address_lines[0] if head.address_lines else "",
    }
