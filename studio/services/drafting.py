"""Keeping what is written in the composer: an email of a campaign only as long as the campaign may be changed."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from newsletter.campaigns import services as campaigns
from newsletter.campaigns.experiments import services as experiments
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.content import drafts
from newsletter.content import queries as content
from newsletter.content.models import EmailKind, EmailRevision, EmailTemplate
from newsletter.content.services import Wording
from newsletter.liveness import services as liveness
from studio.queries import mailed


class NotEditable(Exception):
    """The campaign is scheduled or has left, and nobody is mending it."""


@transaction.atomic
def save(email: EmailTemplate, draft: Wording, *, version: int, by: User, now: datetime) -> EmailTemplate:
    """Raises NotEditable, and what `drafts.save` raises."""
    _check(email)
    return drafts.save(email, draft, version=version, by=by, now=now)


@transaction.atomic
def restore(revision: EmailRevision, *, version: int, by: User, now: datetime) -> EmailTemplate:
    """Raises NotEditable, and what `drafts.restore` raises."""
    _check(revision.email)
    return drafts.restore(revision, version=version, by=by, now=now)


def send_test(email: EmailTemplate, *, to: User, now: datetime) -> None:
    """Mail what is saved to a member of staff, the words of B as B. Raises NotCompilable."""
    campaign = mailed.campaign(email)
    if campaign is not None and campaign.email_id != email.pk:
        experiments.send_test(campaign, to=to, now=now)
    else:
        campaigns.send_test(email, to=to, now=now)


def look_at_links(email: EmailTemplate, *, now: datetime) -> int:
    """Have the links that are saved looked at afresh; how many."""
    return liveness.ask(content.links(email), now=now, afresh=True)


def is_editable(email: EmailTemplate) -> bool:
    """Whether what is written now would be kept."""
    if email.kind != EmailKind.CAMPAIGN:
        return True
    campaign = mailed.campaign(email)
    return campaign is None or _is_open(campaign)


def _check(email: EmailTemplate) -> None:
    """The campaign is ours until commit: it is not scheduled between looking and saving."""
    if email.kind == EmailKind.CAMPAIGN:
        campaign = mailed.campaign(email, Campaign.objects.select_for_update(of=["self"]))
        if campaign is not None and not _is_open(campaign):
            raise NotEditable


def _is_open(campaign: Campaign) -> bool:
    return campaign.status == CampaignStatus.DRAFT or campaign.fixing_since is not None
