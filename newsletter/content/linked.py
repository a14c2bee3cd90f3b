"""What is known of the links of an email, each where it stands. Nothing is asked for here; see `liveness`."""

from collections.abc import Iterator
from html import escape
from typing import Any

from django.utils.translation import gettext as _

from newsletter.content import blocks, richtext
from newsletter.content.blocks import Form
from newsletter.content.compile import Compiled
from newsletter.content.findings import Finding
from newsletter.liveness import queries as liveness
from newsletter.liveness.models import LinkCheck, Verdict
from newsletter.liveness.wording import WHY

Document = dict[str, Any]


def findings(document: Document, compiled: Compiled) -> list[Finding]:
    """A dead link blocks; one that could not be checked is to be followed by somebody."""
    known = liveness.known(urls(compiled))
    told = [check for check in known.values() if check.verdict in {Verdict.DEAD, Verdict.UNCLEAR}]
    return [_finding(document, check) for check in told]


def urls(compiled: Compiled) -> list[str]:
    """The addresses outside that its links lead to, each once."""
    return liveness.checkable([link["url"] for link in compiled.links])


def written(document: Document, booking_url: str = "") -> list[str]:
    """The addresses outside that a document names, without compiling it; `booking_url` is the clinic's own."""
    found = [booking_url] if booking_url else []
    for block in document.get("blocks", ()):
        for name, field in blocks.KINDS[block["type"]].fields.items():
            value = block.get(name, "")
            if field.form is Form.TARGET:
                found.append(value)
            elif field.form is Form.RICH:
                found += richtext.links(richtext.parse(value))
    return liveness.checkable(found)


def pending(compiled: Compiled) -> int:
    """How many of its links nobody has looked at yet."""
    wanted = urls(compiled)
    known = liveness.known(wanted)
    return sum(url not in known or known[url].verdict == Verdict.PENDING for url in wanted)


def _finding(document: Document, check: LinkCheck) -> Finding:
    where, block = next(_places(document, check.url), (_("The ways out below the text"), ""))
    words = {"url": check.url, "why": WHY.get(check.reason, "")}
    is_dead = check.verdict == Verdict.DEAD
    sentence = _("The link %(url)s is dead. %(why)s") if is_dead else _("The link %(url)s: %(why)s")
    code = "link_dead" if is_dead else "link_unchecked"
    return Finding(where, sentence % words, blocking=is_dead, code=code, block=block, fix="check_links")


def _places(document: Document, url: str) -> Iterator[tuple[str, str]]:
    """The blocks that lead there."""
    written = {url, escape(url)}
    for number, block in enumerate(document["blocks"], start=1):
        values = [value for value in block.values() if isinstance(value, str)]
        if block.get("target") in written or any(f'"{one}"' in value for one in written for value in values):
            yield blocks.place(number, block), str(block.get("id", ""))
