"""Whether somebody has had a test mail of a campaign's words as they are now."""

from collections.abc import Iterator

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


def findings(campaign: Campaign, compiled: Compiled | None) -> Iterator[Finding]:
    """What there is to say of the test mail; nothing as long as the words cannot be mailed at all."""
    if compiled is None:
        return
    where, is_blocking = _("The test mail"), campaign.status in {CampaignStatus.DRAFT, CampaignStatus.SCHEDULED}
    revisions = _revisions(campaign.email, compiled)
    deliveries = list(_deliveries(campaign.email)) if revisions else []
    outcomes = {found.delivery_id: found for found in Outcome.objects.filter(delivery_id__in=deliveries)}
    ended = [found for found in outcomes.values() if found.revision_id in revisions]
    if any(found.state == State.SUBMITTED for found in ended):
        return
    current = Variant.objects.filter(email=campaign.email, label=TEST_LABEL, current_id__in=revisions)
    if current.exists() and any(pk not in outcomes for pk in deliveries):
        why = _("The test mail is on its way. Once it has left, this can go; read it first.")
        yield Finding(where, why, blocking=is_blocking, code=UNDER_WAY)
    elif ended:
        why = _("The test mail could not be handed over. Send another, and see whether it arrives.")
        yield Finding(where, why, blocking=is_blocking, code="test_failed", fix="send_test")
    else:
        why = _("Nobody has had a test mail of these words. Send yourself one and read it as a reader does.")
        yield Finding(where, why, blocking=is_blocking, code="test_missing", fix="send_test")


def _revisions(email: EmailTemplate, compiled: Compiled) -> set[int]:
    """The revisions made for tests that say what the email says now, or were made of this version of it."""
    same = Q(subject=compiled.subject, preheader=compiled.preheader, html=compiled.html, text=compiled.text) | Q(
        version=email.version
    )
    found = CompiledEmail.objects.filter(same, variant__email=email, variant__label=TEST_LABEL)
    return set(found.values_list("pk", flat=True))


def _deliveries(email: EmailTemplate) -> Iterator[int]:
    yield from Delivery.objects.filter(kind=Kind.TEST, owner=email.pk).values_list("pk", flat=True)
