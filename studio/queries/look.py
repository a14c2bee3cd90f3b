"""What is typed, as one reader would get it: through the code that makes the real mail. Nothing is written."""

import re
from copy import copy
from dataclasses import asdict, dataclass, field
from datetime import datetime
from email.utils import formataddr
from typing import Any

from leads.models import Lead
from newsletter.content import drafts, findings
from newsletter.content import queries as content
from newsletter.content.compile import Compiled, NotCompilable
from newsletter.content.drafts import NotStorable
from newsletter.content.models import EmailTemplate
from newsletter.content.problems import Problem
from newsletter.content.services import Wording
from newsletter.rendering import preview, slots
from newsletter.rendering.headers import Unfillable
from newsletter.rendering.letter import Recipient
from studio.queries import reader

DARK_DESIGN = re.compile(r"@media\s*\(\s*prefers-color-scheme\s*:\s*dark\s*\)")
SCHEMES = re.compile(r'(<meta name="(?:color-scheme|supported-color-schemes)" content=")light dark(">)')
ROOT = re.compile(r"color-scheme:\s*light dark;\s*supported-color-schemes:\s*light dark;")


@dataclass(frozen=True, slots=True)
class Look:
    """`html` is None where the words cannot be compiled: `problems` say why. `bytes` is the size of the HTML."""

    html: str | None = None
    text: str = ""
    subject: str = ""
    preheader: str = ""
    sender: str = ""
    bytes: int = 0
    problems: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def look(email: EmailTemplate, draft: Wording, *, lead: Lead | None, is_dark: bool, now: datetime) -> Look:
    """The draft of this email as this lead would get it, or somebody made up."""
    typed = copy(email)
    try:
        typed.subject, typed.preheader, typed.body = draft.subject, draft.preheader, drafts.storable(draft)
        compiled = content.compiled(typed)
        somebody = reader.recipient(email.kind, lead, now=now, conditions=compiled.conditions)
        return _filled(typed, compiled, somebody, is_dark=is_dark)
    except (NotStorable, NotCompilable) as error:
        return Look(problems=problems(error.problems))
    except Unfillable as error:
        return Look(problems=problems([Problem("", str(error), "unfillable")]))


def problems(found: list[Problem]) -> list[dict[str, Any]]:
    """Problems in the form of findings that block."""
    return [findings.as_json(findings.of_problem(problem)) for problem in found]


def in_scheme(html: str, *, is_dark: bool) -> str:
    """The mail in its light or its dark design, whatever the screen that shows it prefers."""
    scheme = "dark" if is_dark else "light"
    html = DARK_DESIGN.sub("@media all" if is_dark else "@media not all", html)
    html = ROOT.sub(f"color-scheme: {scheme}; supported-color-schemes: {scheme};", html)
    return SCHEMES.sub(rf"\g<1>{scheme}\g<2>", html)


def _filled(typed: EmailTemplate, compiled: Compiled, recipient: Recipient, *, is_dark: bool) -> Look:
    shown = preview.preview(compiled, recipient)
    said = {"first_name": recipient.first_name, **recipient.slots}
    advice = content.findings(typed, frozen=compiled)
    return Look(
        html=in_scheme(shown.html, is_dark=is_dark),
        text=shown.text,
        subject=shown.subject,
        preheader=slots.words(compiled.preheader, said),
        sender=formataddr((compiled.sender["name"], compiled.sender["address"])),
        bytes=len(shown.html.encode()),
        findings=[findings.as_json(finding) for finding in advice],
    )
