"""What the linter says of emails that are never saved."""

from typing import Any

from clinic.models import Clinic
from newsletter.content import lint, marks
from newsletter.content.compile import Compiled
from newsletter.content.compose import Draft
from newsletter.content.findings import Finding
from tests.newsletter.content.emails import draft, harbour

WAY_OUT = marks.link("unsubscribe")
SMALL = Compiled(
    subject="",
    preheader="",
    html=f"<p>x</p><a href='{WAY_OUT}'>Stop</a>",
    text=f"x\n12 Quay Street\n{WAY_OUT}",
    links=[],
    sender={},
)


def found(written: Draft, profile: Clinic | None = None, compiled: Compiled = SMALL) -> list[Finding]:
    return lint.findings(written, compiled, profile or harbour())


def said(written: Draft, profile: Clinic | None = None, compiled: Compiled = SMALL) -> list[str]:
    return [str(finding) for finding in found(written, profile, compiled)]


def codes(*blocks: dict[str, Any], profile: Clinic | None = None, **fields: Any) -> list[tuple[str, bool]]:
    """The codes of what there is to say, and whether each blocks."""
    return [(finding.code, finding.blocking) for finding in found(draft(*blocks, **fields), profile)]


def blocked(*blocks: dict[str, Any], profile: Clinic | None = None, **fields: Any) -> list[str]:
    return [str(finding) for finding in found(draft(*blocks, **fields), profile) if finding.blocking]
