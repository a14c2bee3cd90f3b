"""Write our CSS into the tags, for mail programs that read no style sheets.

The one file that knows premailer. It gets nothing but our own CSS to inline, no network and no files: its own
loader is switched off, and cssutils, which would fetch an @import behind its back, has no fetcher. What costs time
is trying every rule on every tag, so a piece is tried with the rules of its own classes only, and is remembered.
"""

import logging
import re
import threading
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NoReturn

import cssutils
import cssutils.util
from django.template.loader import render_to_string
from premailer import Premailer

from newsletter.content import marks
from newsletter.content.colours import Palette
from newsletter.content.fonts import Faces

LONGEST_HTML = 300_000
CLASSES = re.compile(r'class="([^"]*)"')
BODY = re.compile(r"<body[^>]*>(.*)</body>", re.DOTALL)
CLICK = re.compile(re.escape(marks.link("click")) + "/([0-9]+)")
RULE = re.compile(r"^(?P<selectors>[^{\n]+) \{[^}\n]*\}$", re.MULTILINE)

Sheet = tuple[tuple[frozenset[str], str], ...]
"""Rules in their order, each with the selectors that call for it."""

_one_at_a_time = threading.Lock()
"""cssutils keeps its state in the module; two threads of a web process must not meet in it."""


@lru_cache(maxsize=16)
def stylesheet(palette: Palette, faces: Faces) -> Sheet:
    """The rules that are written into tags, in these colours and faces."""
    css = render_to_string("email/layouts/inlined.css", {"scheme": palette.light, "faces": faces})
    return tuple(
        (frozenset(selector.strip() for selector in match["selectors"].split(",")), match[0])
        for match in RULE.finditer(css)
    )


def inline(html: str, sheet: Sheet = ()) -> str:
    """A whole document with its CSS in the tags; marks come through untouched."""
    return _numbered(html, _needed(html, sheet))


def inline_piece(html: str, sheet: Sheet = ()) -> str:
    """The same for one block of a document."""
    match = BODY.search(_numbered(html.strip(), _needed(html, sheet)))
    return match[1].strip() + "\n" if match else ""


def forget() -> None:
    """Begin anew, as after a start; for whoever measures what a compilation costs."""
    _inlined.cache_clear()


def _needed(html: str, sheet: Iterable[tuple[frozenset[str], str]]) -> str:
    """The rules that could fit anything in it."""
    classes = {f".{name}" for names in CLASSES.findall(html) for name in names.split()}
    tags = {"body", "table"}
    return "\n".join(rule for selectors, rule in sheet if selectors & (classes | tags))


def _numbered(html: str, css: str) -> str:
    """Inlined without the numbers of its links: one more link on top gives all that follow another number."""
    numbers = iter(CLICK.findall(html))
    inlined = _inlined(CLICK.sub(marks.link("click", 0), html), css)
    return CLICK.sub(lambda _: marks.link("click", int(next(numbers))), inlined)


@lru_cache(maxsize=512)
def _inlined(html: str, css: str) -> str:
    if len(html) > LONGEST_HTML:
        raise ValueError(f"{len(html)} characters of HTML are more than any email of ours has.")
    with _one_at_a_time:
        inlined = Premailer(
            align_floating_images=False,
            allow_network=False,
            allow_loading_external_files=False,
            css_text=css,
            cssutils_logging_level=logging.CRITICAL,
            disable_basic_attributes=["height", "width"],
            disable_validation=True,
            session=_NoNetwork(),
        ).transform(html, pretty_print=False)
    if _slots(inlined) != _slots(html):
        raise ValueError("Inlining the CSS has changed a slot mark.")
    return _lean(inlined)


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
