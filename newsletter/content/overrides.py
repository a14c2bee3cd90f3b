"""Overrides: words that a rule forbids and that are right where they stand, with the reason of whoever says so.

An override is for one finding in one email: this rule, in this field of this block, in this sentence. When the
sentence is changed the override no longer applies, and the words block again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import User
from newsletter.content.findings import Finding
from newsletter.content.models import EmailTemplate, Override

SHORTEST_REASON = 10


class NoSuchFinding(LookupError):
    """There is no such finding in the email as it is saved, or it cannot be overridden."""


class NoReason(ValueError):
    """The reason is missing, or too short to be one."""


@dataclass(frozen=True)
class Allowed:
    """A finding that does not block because somebody said why it need not."""

    finding: Finding
    override: Override


def apply(email: EmailTemplate, found: Iterable[Finding]) -> tuple[list[Finding], list[Allowed]]:
    """What is left of these findings, and what was allowed."""
    standing = of(email)
    kept, allowed = [], []
    for finding in found:
        override = standing.get(finding.key) if finding.key else None
        if override is None:
            kept.append(finding)
        else:
            allowed.append(Allowed(finding, override))
    return kept, allowed


def of(email: EmailTemplate) -> dict[str, Override]:
    """The overrides that stand for this email, by the key of their finding."""
    standing = Override.objects.filter(email=email.pk, taken_back_at=None).select_related("by")
    return {override.key: override for override in standing}


@transaction.atomic
def allow(email: EmailTemplate, finding: Finding, *, reason: str, by: User, now: datetime) -> Override:
    """Let these words stand; once more is the same. Raises NoReason, and NoSuchFinding for what no rule has found."""
    if len(reason.strip()) < SHORTEST_REASON:
        raise NoReason
    if not finding.key:
        raise NoSuchFinding
    told = {"rule": finding.rule, "words": finding.words, "sentence": finding.sentence, "where": finding.where}
    override, is_new = Override.objects.get_or_create(
        email=email,
        key=finding.key,
        taken_back_at=None,
        defaults={**told, "reason": reason.strip(), "by": by, "at": now},
    )
    if is_new:
        audit.record("claim.allowed", subject=f"email:{email.pk}", by=by, **told, reason=override.reason)
    return override


@transaction.atomic
def take_back(override: Override, *, by: User, now: datetime) -> bool:
    """Let the rule hold again; False when it did already."""
    changed = Override.objects.filter(pk=override.pk, taken_back_at=None).update(taken_back_at=now, taken_back_by=by)
    if changed:
        told = {"rule": override.rule, "words": override.words, "sentence": override.sentence, "where": override.where}
        audit.record("claim.taken_back", subject=f"email:{override.email_id}", by=by, **told)
    return bool(changed)
