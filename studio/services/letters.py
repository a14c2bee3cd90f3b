"""Rewriting a mail of the course: saved and frozen in one act, or not at all."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from newsletter.content import queries, services
from newsletter.content.blocks import Problem
from newsletter.content.models import EmailTemplate, Variant
from newsletter.content.services import Wording


class NotFit(Exception):
    """The words may not be mailed; `problems` say where and why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(" ".join(str(problem) for problem in problems))
        self.problems = problems


@transaction.atomic
def rewrite(variant: Variant, wording: Wording, *, by: User, now: datetime) -> None:
    """Save the words and mail them from now on, or change nothing: NotFit, NotCompilable, ChangedMeanwhile."""
    saved: EmailTemplate = services.save(variant.email, wording, by=by, now=now)
    blocking = [finding for finding in queries.findings(saved) if finding.blocking]
    if blocking:
        raise NotFit([Problem(finding.where, finding.why) for finding in blocking])
    services.freeze(variant, now=now)
