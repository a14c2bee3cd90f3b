"""Rewriting a mail of the course: saved and frozen in one act, or not at all."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from accounts.models import User
from newsletter.content import queries, services
from newsletter.content.models import EmailTemplate, Variant
from newsletter.content.services import Wording

Save = Callable[[], object]


class NotFit(Exception):
    """The words may not be mailed; `reasons` say why, one sentence each."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


@transaction.atomic
def rewrite(variant: Variant, wording: Wording, *, by: User, now: datetime) -> None:
    """Save the words and mail them from now on, or change nothing: NotFit, NotCompilable, ChangedMeanwhile."""
    saved: EmailTemplate = services.save(variant.email, wording, by=by, now=now)
    reasons = [str(finding) for finding in queries.findings(saved) if finding.blocking]
    if reasons:
        raise NotFit(reasons)
    services.freeze(variant, now=now)
