"""Whether somebody has had a test mail of an email's words as they are now.

    of(email, compiled)     how it stands with these words: never tested, on its way, not handed over, had, and when
    had(emails)             when each was had by somebody as it is saved now: one question for all of them

A campaign does not go without. A mail that goes out by itself is asked the same question and may go all the same: a
slip in a confirmation must be put right now, whether or not mail leaves at this moment.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Q
from django.utils.translation import gettext as _

from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.content.compile import Compiled
from newsletter.content.findings import Finding
from newsletter.content.models import CompiledEmail, EmailTemplate, Variant
from newsletter.deliveries.models import Delivery, Kind, Outcome, State

TEST_LABEL = "test"
"""The variant of an email that test mails are made of."""
UNDER_WAY = "test_under_way"
"""What a page that shows this finding may wait for."""


class Standing(StrEnum):
    NEVER = "never"
    UNDER_WAY = "under_way"
    FAILED = "failed"
    HAD = "had"


@dataclass(frozen=True, slots=True)
class Tried:
    """`at` is when the test was handed over."""

    standing: Standing
    at: datetime | None = None


def of(email: EmailTemplate, compiled: Compiled, *, label: str = TEST_LABEL, version: int | None = None) -> Tried:
    """How it stands with what this compiles to, or with what was tested as this version of the email."""
    revisions = _revisions(email, compiled, label, version)
    if not revisions:
        return Tried(Standing.NEVER)
    deliveries = list(Delivery.objects.filter(kind=Kind.TEST, owner=email.pk).values_list("pk", flat=True))
    outcomes = {found.delivery_id: found for found in Outcome.objects.filter(delivery_id__in=deliveries)}
    ended = [found for found in outcomes.values() if found.revision_id in revisions]
    had = [found.at for found in ended if found.state == State.SUBMITTED]
    if had:
        return Tried(Standing.HAD, max(had))
    current = Variant.objects.filter(email=email, label=label, current_id__in=revisions)
    if current.exists() and any(pk not in outcomes for pk in deliveries):
        return Tried(Standing.UNDER_WAY)
    return Tried(Standing.FAILED if ended else Standing.NEVER)


def had(emails: Collection[int]) -> dict[int, datetime]:
    """When somebody had a test of what is saved now, by the email; one that nobody has had is missing."""
    tests = dict(Delivery.objects.filter(kind=Kind.TEST, owner__in=emails).values_list("pk", "owner"))
    handed = Outcome.objects.filter(delivery_id__in=tests, state=State.SUBMITTED).order_by("at")
    left = {found.revision_id: found.at for found in handed if found.revision_id is not None}
    revisions = CompiledEmail.objects.filter(pk__in=left, variant__label=TEST_LABEL).select_related("variant__email")
    now = [one for one in revisions if one.version == one.variant.email.version]
    return {one.variant.email_id: left[one.pk] for one in sorted(now, key=lambda one: left[one.pk])}


def findings(campaign: Campaign, compiled: Compiled | None) -> Iterator[Finding]:
    """What there is to say of the test mail; nothing as long as the words cannot be mailed at all."""
    if compiled is None:
        return
    where, is_blocking = _("The test mail"), campaign.status in {CampaignStatus.DRAFT, CampaignStatus.SCHEDULED}
    match of(campaign.email, compiled, version=campaign.email.version).standing:
        case Standing.UNDER_WAY:
            why = _("The test mail is on its way. Once it has left, this can go; read it first.")
            yield Finding(where, why, blocking=is_blocking, code=UNDER_WAY)
        case Standing.FAILED:
            why = _("The test mail could not be handed over. Send another, and see whether it arrives.")
            yield Finding(where, why, blocking=is_blocking, code="test_failed", fix="send_test")
        case Standing.NEVER:
            why = _("Nobody has had a test mail of these words. Send yourself one and read it as a reader does.")
            yield Finding(where, why, blocking=is_blocking, code="test_missing", fix="send_test")


def _revisions(email: EmailTemplate, compiled: Compiled, label: str, version: int | None) -> set[int]:
    """The revisions made for tests that say what the email says now, or were made of this version of it."""
    same = Q(subject=compiled.subject, preheader=compiled.preheader, html=compiled.html, text=compiled.text)
    if version is not None:
        same |= Q(version=version)
    found = CompiledEmail.objects.filter(same, variant__email=email, variant__label=label)
    return set(found.values_list("pk", flat=True))
