"""What is typed, as one reader would get it: through the code that makes the real mail. Nothing is written."""

import re
from copy import copy
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from leads.models import Lead
from newsletter.content import drafts, findings
from newsletter.content import queries as content
from newsletter.content.compile import Compiled, NotCompilable
from newsletter.content.drafts import NotStorable
from newsletter.content.models import EmailTemplate
from newsletter.content.problems import Problem
from newsletter.content.queries import Instead
from newsletter.content.services import Wording
from newsletter.liveness import queries as liveness
from newsletter.rendering import preview, slots
from newsletter.rendering.headers import Unfillable
from studio.queries import mailed, reader, testing
from studio.queries.testing import Tested

DARK_DESIGN = re.compile(r"@media\s*\(\s*prefers-color-scheme\s*:\s*dark\s*\)")
SCHEMES = re.compile(r'(<meta name="(?:color-scheme|supported-color-schemes)" content=")light dark(">)')
ROOT = re.compile(r"color-scheme:\s*light dark;\s*supported-color-schemes:\s*light dark;")


@dataclass(frozen=True, slots=True)
class Look:
    """What a reader would have before them; `html` is None where nothing can be shown: `problems` say why.

    `left` is how many unfinished blocks it is shown without, `pending` how many of its links nobody has looked at yet,
    `tested` whether it has been in somebody's mailbox.
    """

    html: str | None = None
    text: str = ""
    subject: str = ""
    preheader: str = ""
    sender: str = ""
    bytes: int = 0
    left: int = 0
    pending: int = 0
    tested: Tested = field(default_factory=Tested)
    problems: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Reading:
    """Whose copy it is (somebody made up without one), in which design, and when."""

    lead: Lead | None
    is_dark: bool
    now: datetime


def look(email: EmailTemplate, draft: Wording, reading: Reading) -> Look:
    """The draft of this email as it would be got; what is not finished keeps nobody from seeing the rest."""
    typed = copy(email)
    try:
        typed.subject, typed.preheader, typed.body = draft.subject, draft.preheader, drafts.storable(draft)
    except NotStorable as error:
        return Look(problems=problems(error.problems))
    instead = mailed.instead(email)
    try:
        compiled = content.compiled(typed, instead)
    except NotCompilable as error:
        return _without(error.problems, typed, instead, reading)
    shown = _filled(typed, compiled, instead, reading)
    return replace(shown, tested=testing.tested(email, typed, compiled))


def problems(found: list[Problem]) -> list[dict[str, Any]]:
    """Problems in the form of findings that block."""
    return [findings.as_json(findings.of_problem(problem)) for problem in found]


def in_scheme(html: str, *, is_dark: bool) -> str:
    """The mail in its light or its dark design, whatever the screen that shows it prefers."""
    scheme = "dark" if is_dark else "light"
    html = DARK_DESIGN.sub("@media all" if is_dark else "@media not all", html)
    html = ROOT.sub(f"color-scheme: {scheme}; supported-color-schemes: {scheme};", html)
    return SCHEMES.sub(rf"\g<1>{scheme}\g<2>", html)


def _without(wrong: list[Problem], typed: EmailTemplate, instead: Instead, reading: Reading) -> Look:
    """The mail without what is wrong, with what there is to say about the whole of it."""
    said = Look(problems=problems(wrong), findings=_findings(typed, instead))
    rest = _rest(typed, wrong)
    try:
        compiled = content.compiled(rest, instead)
    except NotCompilable:
        return said
    shown = _filled(rest, compiled, instead, reading)
    left = len(typed.body["blocks"]) - len(rest.body["blocks"])
    return replace(shown, problems=said.problems, findings=said.findings, left=left)


def _rest(typed: EmailTemplate, wrong: list[Problem]) -> EmailTemplate:
    blocks = {problem.block for problem in wrong if problem.block}
    lines = {problem.field for problem in wrong if not problem.block}
    rest = copy(typed)
    rest.body = {**typed.body, "blocks": [block for block in typed.body["blocks"] if block["id"] not in blocks]}
    rest.subject, rest.preheader = ("" if name in lines else getattr(typed, name) for name in ("subject", "preheader"))
    return rest


def _filled(typed: EmailTemplate, compiled: Compiled, instead: Instead, reading: Reading) -> Look:
    recipient = reader.recipient(typed.kind, reading.lead, now=reading.now, conditions=compiled.conditions)
    try:
        shown = preview.preview(compiled, recipient)
    except Unfillable as error:
        return Look(problems=problems([Problem("", str(error), "unfillable")]))
    said = {"first_name": recipient.first_name, **recipient.slots}
    checked = content.checked(typed, instead, frozen=compiled)
    return Look(
        html=in_scheme(shown.html, is_dark=reading.is_dark),
        text=shown.text,
        subject=shown.subject,
        preheader=slots.words(compiled.preheader, said),
        sender=f"{compiled.sender['name']} <{compiled.sender['address']}>",
        bytes=len(shown.html.encode()),
        pending=liveness.pending(checked.links) + liveness.unasked(checked.links),
        findings=[findings.as_json(finding) for finding in checked.findings],
    )


def _findings(typed: EmailTemplate, instead: Instead) -> list[dict[str, Any]]:
    return [findings.as_json(finding) for finding in content.findings(typed, instead)]
