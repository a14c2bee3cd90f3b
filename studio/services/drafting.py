"""Keeping what is written in the composer: an email of a campaign only as long as the campaign may be changed."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.content import drafts
from newsletter.content.models import EmailKind, EmailRevision, EmailTemplate
from newsletter.content.services import Wording


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


def is_editable(email: EmailTemplate) -> bool:
    """Whether what is written now would be kept."""
    if email.kind != EmailKind.CAMPAIGN:
        return True
    campaign = _mailing(email, Campaign.objects.all())
    return campaign is None or _is_open(campaign)


def _check(email: EmailTemplate) -> None:
    """The campaign is ours until commit: it is not scheduled between looking and saving."""
    if email.kind == EmailKind.CAMPAIGN:
        campaign = _mailing(email, Campaign.objects.select_for_update(of=["self"]))
        if campaign is not None and not _is_open(campaign):
            raise NotEditable


def _mailing(email: EmailTemplate, among: QuerySet[Campaign]) -> Campaign | None:
    """The campaign that mails this, as its own words or as those of the other side of a test."""
    return among.filter(Q(email=email) | Q(experiment__other_email=email)).order_by("pk").first()


def _is_open(campaign: Campaign) -> bool:
    return campaign.status == CampaignStatus.DRAFT or campaign.fixing_since is not None
