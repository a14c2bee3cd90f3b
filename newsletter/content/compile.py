"""Compile an email: block document -> templates with slot marks -> premailer -> HTML and text, ready to freeze.

The one file that knows premailer. It gets nothing but our own CSS to inline, no network and no files: its own
loader is switched off, and cssutils, which would fetch an @import behind its back, has no fetcher.
"""

import hashlib
import json
import logging
import re
import threading
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn

import cssutils
import cssutils.util
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from premailer import Premailer

from newsletter.content import blocks, marks
from newsletter.content.compose import Composition, Draft, compose
from newsletter.content.letterhead import Letterhead
from newsletter.content.models import EmailKind

LONGEST_HTML = 300_000
LONGEST_LINE = 300
NOT_IN_A_NAME = re.compile(r"[@:;,<>\"\\()\[\]\s]+")


_one_at_a_time = threading.Lock()
"""cssutils keeps its state in the module; two threads of a web process must not meet in it."""


class NotCompilable(ValueError):
    """The document has problems that validation names."""

    def __init__(self, problems: list[blocks.Problem]) -> None:
        super().__init__(" ".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True)
class Compiled:
    """What a revision freezes. `links` are numbered by their place; `sender` is what headers are made of."""

    subject: str
    preheader: str
    html: str
    text: str
    links: list[dict[str, str]]
    sender: dict[str, Any]

    @property
    def digest(self) -> str:
        """The same for the same content, whenever and however often it is compiled."""
        whole = [self.subject, self.preheader, self.html, self.text, self.links, self.sender]
        return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def compile_email(draft: Draft, head: Letterhead) -> Compiled:
    """Compile a draft on this letterhead; raises NotCompilable when validation finds a problem."""
    problems = draft.problems()
    if problems:
        raise NotCompilable(problems)
    with translation.override(draft.language):
        composition = compose(draft, head)
        _check_lengths(composition)
        html = inline(render_to_string("email/layouts/letter.html", composition.context))
        text = tidy(render_to_string("email/layouts/letter.txt", composition.context))
    return _compiled(draft, head, composition, html=html, text=text)


@lru_cache(maxsize=64)
def inline(html: str) -> str:
    """Write the CSS of our <style> into the tags; marks come through untouched."""
    if len(html) > LONGEST_HTML:
        raise ValueError(f"{len(html)} characters of HTML are more than any email of ours has.")
    with _one_at_a_time:
        inlined = Premailer(
            allow_network=False,
            allow_loading_external_files=False,
            cssutils_logging_level=logging.CRITICAL,
            disable_basic_attributes=["height", "width"],
            disable_validation=True,
            session=_NoNetwork(),
        ).transform(html, pretty_print=False)
    if _slots(inlined) != _slots(html):
        raise ValueError("Inlining the CSS has changed a slot mark.")
    return _lean(inlined)


def tidy(text: str) -> str:
    """The text part as a person would have typed it: no trailing spaces, no runs of empty lines."""
    lines = [line.strip() for line in text.strip().splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def _check_lengths(composition: Composition) -> None:
    """Lines that the clinic's own words have made too long for an inbox."""
    lines = {_("Subject"): composition.context["title"], _("Preheader"): composition.context["preheader"]}
    why = _("With the clinic's words filled in it is longer than %(most)s characters.") % {"most": LONGEST_LINE}
    problems = [blocks.Problem(name, why) for name, line in lines.items() if len(line) > LONGEST_LINE]
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


def _slots(html: str) -> Counter[tuple[str, bool, str]]:
    """Every slot with how often it stands; fallbacks may be escaped another way afterwards."""
    found = [part for part in marks.split(html) if isinstance(part, marks.Mark)]
    return Counter((mark.name, mark.is_link, mark.number) for mark in found)


def _lean(html: str) -> str:
    """Without the templates' indentation, which would travel with every copy."""
    return re.sub(r"\n\s*", "\n", html).strip() + "\n"


class _NoNetwork:
    """Stands where premailer keeps its HTTP session."""

    def get(self, url: str, **further: Any) -> NoReturn:
        raise PermissionError(f"Compiling an email asks for nothing, and was asked to fetch {url}")


def _fetch_nothing(url: str) -> None:
    """Stands where cssutils keeps the function that loads an @import."""


cssutils.util._defaultFetcher = _fetch_nothing  # noqa: SLF001
