"""What a check has to say about an email: where, why in plain words, and what one click does about it.

A blocking finding keeps the email from being sent; the others are advice. A fix is an act by name: the editor
carries out those that change the document, the other pages those that lead somewhere.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

FIXES = {
    # In the document, at the finding's block and field:
    "add_red_flags": _("Add the red-flag box"),
    "mark_decorative": _("It is only decoration"),
    "use_https": _("Use https://"),
    "add_fallback": _("Say “there” instead"),
    "add_source": _("Add a line for the source"),
    "strip_re": _("Take it away"),
    "calm_down": _("Write it calmly"),
    "remove_block": _("Remove the block"),
    # Somewhere else:
    "send_test": _("Send yourself a test"),
    "open_profile": _("Open the clinic's profile"),
    "open_brand": _("Open the brand page"),
    "check_links": _("Look at the links again"),
    "override": _("It is right here: say why"),
}


@dataclass(frozen=True)
class Finding:
    """One thing to look at: where it is, why it matters, and whether it keeps the email from being sent.

    `block` and `field` name the place in the document; a subject or preheader has a field and no block. A finding
    of the claims rules names its `rule` and the `words` that broke it: only such a finding can be overridden.
    """

    where: str
    why: str
    blocking: bool
    code: str = ""
    block: str = ""
    field: str = ""
    fix: str = ""
    rule: str = ""
    words: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.why}" if self.where else self.why

    @property
    def fix_label(self) -> str:
        """What the button says; nothing where no click helps."""
        return str(FIXES[self.fix]) if self.fix else ""


def as_json(finding: Finding) -> dict[str, Any]:
    """The finding as pages and the editor read it."""
    fix = {"act": finding.fix, "label": finding.fix_label, "block": finding.block} if finding.fix else None
    return {
        "code": finding.code,
        "where": finding.where,
        "block": finding.block,
        "field": finding.field,
        "why": finding.why,
        "blocking": finding.blocking,
        "rule": finding.rule,
        "words": finding.words,
        "fix": fix,
    }
