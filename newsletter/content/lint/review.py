"""Every check of an email in one pass."""

from clinic.models import Clinic
from newsletter.content.compile import Compiled
from newsletter.content.compose import Draft
from newsletter.content.findings import Finding
from newsletter.content.lint import frame, inbox, shape, wording


def findings(draft: Draft, compiled: Compiled | None, profile: Clinic) -> list[Finding]:
    """Everything there is to say about an email, what blocks it first; one that does not compile has no frame yet."""
    found = [
        *inbox.findings(draft, profile),
        *wording.findings(draft, profile),
        *shape.findings(draft, profile),
        *frame.owed(draft, profile),
    ]
    if compiled is not None:
        found += [*wording.slipped(draft, compiled, profile), *frame.findings(draft, compiled, profile)]
    return sorted(found, key=lambda finding: not finding.blocking)
