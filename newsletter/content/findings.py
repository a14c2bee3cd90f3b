"""What a check has to say about an email: where, why in plain words, and what one click does about it.

A blocking finding keeps the email from being sent; the others are advice. A fix is an act by name: the editor
carries out those that change the document, the other pages those that lead somewhere.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from newsletter.content.problems import Problem

FIXES = {
    # In the document, at the finding's block and field:
    "add_red_flags": _("Add the red-flag box"),
    "show_to_all": _("Show the box to everybody"),
    "mark_decorative": _("It is only decoration"),
    "use_https": _("Use https://"),
    "add_fallback": _("Put in what is usually said"),
    "add_source": _("Add a line for the source"),
    "strip_re": _("Take it away"),
    "calm_down": _("Write it calmly"),
    # Somewhere else:
    "send_test": _("Send yourself a test"),
    "open_profile": _("Open the clinic's profile"),
    "open_brand": _("Open the brand page"),
    "open_setup": _("Open the first-run checklist"),
    "open_hold": _("See why mail is held"),
    "open_audience": _("Choose whom it goes to"),
    "open_tags": _("Change what other websites are told"),
    "open_experiment": _("Open the A/B test"),
    "check_links": _("Look at the links again"),
    "override": _("It is right here: say why"),
}


FIX_OF = {"missing_alt": "mark_decorative", "missing_fallback": "add_fallback", "insecure_target": "use_https"}
"""What helps against a problem that keeps an email from being compiled, by the problem's code."""


@dataclass(frozen=True)
class Finding:
    """One thing to look at: where it is, why it matters, and whether it keeps the email from being sent.

    `block` and `field` name the place in the document; a subject or preheader has a field and no block. `email` is the
    document's, where it is not the one that is looked at; `is_b` says that it is said of B of a test, whose words stand
    on the test's own page where it has no email of its own. A finding of the claims rules names its
    `rule`, the `words` that broke it and the sentence around them, as a `quote` and folded: only such a finding can be
    overridden, and its `key` is the same as long as that sentence stands there.
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
    sentence: str = ""
    quote: str = ""
    email: int | None = None
    is_b: bool = False

    def __str__(self) -> str:
        return f"{self.where}: {self.why}" if self.where else self.why

    @property
    def key(self) -> str:
        """What an override of this finding is known by; empty where there is nothing to override."""
        whole = f"{self.rule}\x1f{self.block}\x1f{self.field}\x1f{self.sentence}"
        return hashlib.sha256(whole.encode()).hexdigest()[:32] if self.rule else ""

    @property
    def fix_label(self) -> str:
        """What the button says; nothing where no click helps."""
        return str(FIXES[self.fix]) if self.fix else ""


def of_problem(problem: Problem) -> Finding:
    """What keeps an email from being compiled blocks it too, and may be as easily mended."""
    fix = FIX_OF.get(problem.code, "")
    return Finding(
        problem.where, problem.why, blocking=True, code=problem.code, block=problem.block, field=problem.field, fix=fix
    )


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
        "key": finding.key,
        "fix": fix,
    }
