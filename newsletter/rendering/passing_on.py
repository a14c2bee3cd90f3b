"""A frozen revision as a page that may be passed on: it says what the mail said, and nobody can act by it.

Links that the mail counted lead straight to where they lead; the reader's own (confirm, move the call, a new password)
lead to a page that says that they stand in the email. What is left of the mail's marks are its words, and the link to
the page itself.
"""

from collections.abc import Callable
from html import escape
from typing import Any, Protocol

from newsletter.content import marks
from newsletter.content.marks import Mark
from newsletter.rendering import links
from newsletter.rendering.letter import Frozen
from newsletter.rendering.letter import Revision as Mailable
from newsletter.rendering.neutral import address

KEPT = "view"


class Revision(Mailable, Protocol):
    @property
    def preheader(self) -> str: ...
    @property
    def links(self) -> Any: ...


def harmless(revision: Revision) -> Frozen:
    """The revision with every link of its reader's taken out of both parts."""
    base_url = revision.sender["base_url"]
    elsewhere = base_url + links.ONLY_IN_THE_MAIL
    targets = [address(link["url"], base_url) for link in revision.links]

    def led(mark: Mark) -> str:
        is_known = mark.name == "click" and mark.number and int(mark.number) < len(targets)
        return targets[int(mark.number)] if is_known else elsewhere

    return Frozen(
        revision.subject,
        revision.preheader,
        _led(revision.html, lambda mark: escape(led(mark))),
        _led(revision.text, led),
        revision.sender,
        list(revision.conditions),
    )


def _led(content: str, led: Callable[[Mark], str]) -> str:
    """The content with its links written out; marks of words stay as they are."""

    def written(found: str) -> str:
        mark = next(part for part in marks.split(found) if isinstance(part, Mark))
        return led(mark) if mark.is_link and mark.name != KEPT else found

    return marks.PATTERN.sub(lambda match: written(match[0]), content)
