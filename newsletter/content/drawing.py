"""One block after the other as its two templates need it: words with marks, numbered links, pictures, the terms.

Both templates of a block draw from one description, so html and text say the same.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from newsletter.content import art, fields, marks, richtext, targets, wording
from newsletter.content.blocks import Block, condition, reaches, words
from newsletter.content.letterhead import Letterhead
from newsletter.content.pictures import queries as pictures

FREE = re.compile(r"(?<!feel )(?<!-)\bfree\b(?! (?:times?|slots?|hours?|to)\b)", re.IGNORECASE)
DIALLED = re.compile(r"\+?[0-9][0-9 ().-]*")
LETTER, CARD = 528, 160
"""Pixels between the margins of a letter, and for the picture of a card. Outlook takes a picture's width literally."""

View = dict[str, Any]


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
        self.found.append({"url": url, "label": " ".join(fields.without(label).split()), "goal": goal})
        return marks.link("click", len(self.found) - 1)

    def effective(self, target: str) -> str:
        """Where a goal really leads: without online booking, booking directly is asking."""
        return targets.resolve(target, booking_url=self.head.booking_url).goal if target in targets.GOALS else target


def speaks_of_free(said: str) -> bool:
    """Whether these words promise something free of charge."""
    return FREE.search(said) is not None


def dialled(number: str) -> str:
    """The link that dials this number; nothing when it is more than one number, or words."""
    return "tel:" + re.sub(r"[^+0-9]", "", number) if DIALLED.fullmatch(number) else ""


@dataclass
class Drawer:
    """Describes the blocks of one email in their order; the first heading that everybody sees is its h1."""

    head: Letterhead
    links: Links
    conditions: list[dict[str, Any]] = field(default_factory=list)
    has_heading: bool = False

    def view(self, block: Block, following: Block) -> View:
        kind = block["type"]
        draw: Callable[[Block], View] = getattr(self, f"_{kind}")
        return draw(block) | {
            "html": f"email/blocks/{kind}.html",
            "txt": f"email/blocks/{kind}.txt",
            "terms": self.head.terms if _promises(block, following) else "",
            "condition": self._condition(block),
        }

    def _condition(self, block: Block) -> int | None:
        """The number of the block's condition; blocks with the same one share it."""
        asked = condition(block)
        if asked is None:
            return None
        known = [condition({"only": only}) for only in self.conditions]
        if asked in known:
            return known.index(asked)
        self.conditions.append(block["only"])
        return len(known)

    def _say(self, text: str) -> str:
        return fields.resolve(text, self.head.fields)

    def _heading(self, block: Block) -> View:
        is_first = not self.has_heading and "only" not in block
        self.has_heading |= is_first
        return {"text": self._say(block["text"]), "level": 1 if is_first else 2}

    def _text(self, block: Block) -> View:
        return {"parts": self._parts(block["text"])}

    def _columns(self, block: Block) -> View:
        return {"columns": [self._parts(block["left"]), self._parts(block["right"])]}

    def _parts(self, html: str) -> list[View]:
        return [self._part(part) for part in richtext.parse(html)]

    def _part(self, part: richtext.Part) -> View:
        if isinstance(part, richtext.Points):
            return {"points": [self._runs(spans) for spans in part.items], "is_ordered": part.is_ordered}
        return {"runs": self._runs(part.spans), "is_source": part.is_source}

    def _runs(self, spans: richtext.Spans) -> list[View]:
        """The words with each link's spans together, so that a link has one number however it is dressed."""
        return [
            {
                "href": "" if target is None else self.links.href(target, "".join(span.text for span in group)),
                "spans": [
                    {"text": self._say(span.text), "strong": span.strong, "stress": span.stress} for span in group
                ],
            }
            for target, group in richtext.linked(spans)
        ]

    def _button(self, block: Block) -> View:
        target, label = block["target"], block["label"]
        if target == "direct" and self.links.effective(target) != target:
            label = _("Ask about a first visit")
        return {"label": self._say(label), "href": self.links.href(target, label)}

    def _image(self, block: Block) -> View:
        label = block.get("alt") or block.get("caption", "")
        return {
            **self._picture(block),
            "caption": self._say(block.get("caption", "")),
            "href": self.links.href(block["target"], label) if block.get("target") else "",
        }

    def _picture(self, block: Block) -> View:
        shown = pictures.resolve(block["picture"])
        alt = "" if block.get("decorative") and not block.get("target") else self._say(block.get("alt", ""))
        is_drawing = block["picture"] in art.PICTURES
        return {"src": shown.url, "width": min(shown.width, LETTER), "alt": alt, "is_drawing": is_drawing}

    def _divider(self, block: Block) -> View:
        return {}

    def _quote(self, block: Block) -> View:
        return {"text": self._say(block["text"]).strip(), "who": self._say(block.get("who", ""))}

    def _article(self, block: Block) -> View:
        picture = self._picture(block) if block.get("picture") else {}
        return {
            "title": self._say(block["title"]),
            "text": self._say(block.get("text", "")).strip(),
            "label": self._say(block["label"]),
            "href": self.links.href(block["target"], block["title"]),
            "picture": picture and picture | {"width": min(picture["width"], CARD)},
        }

    def _signature(self, block: Block) -> View:
        return {"closing": self._say(block.get("closing", "")), "by": self.head.signature}

    def _red_flags(self, block: Block) -> View:
        number = self.head.emergency_number
        return {"signs": wording.red_flags(), "emergency_number": number, "emergency_href": dialled(number)}

    def _free_times(self, block: Block) -> View:
        fallback = self._say(block["fallback"]).strip()
        return {"heading": self._say(block.get("heading", "")), "times": marks.words("free_times", fallback)}


def _promises(block: Block, following: Block) -> bool:
    """Whether the terms of the free call belong below this block, and the next one does not say them anyway."""
    if block.get("target") == "call":
        return True
    told_next = following.get("type") == "button" and following.get("target") == "call"
    said = " ".join(said.words for said in words({"blocks": [block]}))
    return speaks_of_free(said) and not (told_next and reaches(following, block))
