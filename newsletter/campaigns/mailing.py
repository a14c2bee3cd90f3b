"""What one mailing of a campaign says besides its words: who sends it, and what other websites are told on a click."""

from collections.abc import Mapping

from django.db import transaction

from accounts.models import User
from newsletter.campaigns import states
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.content import utm
from newsletter.content.models import EmailTemplate
from newsletter.content.queries import AS_WRITTEN, Instead


class NotEditable(Exception):
    """Only a draft can be told otherwise."""


def as_mailed(campaign: Campaign) -> Instead:
    """How this campaign's words go out."""
    return Instead(sender_name=campaign.sender_name, tags=utm.tags(told(campaign)))


def of_email(email: EmailTemplate) -> Instead:
    """The same by the email: that of no campaign goes out as it is written."""
    campaign = Campaign.objects.filter(email=email.pk).first()
    return as_mailed(campaign) if campaign else AS_WRITTEN


def told(campaign: Campaign) -> dict[str, str]:
    """What other websites are told, by the parameter's name; empty where nothing was chosen."""
    return {name: getattr(campaign, name) for name in utm.NAMES}


@transaction.atomic
def tell(campaign: Campaign, values: Mapping[str, str], *, by: User) -> None:
    """Choose what other websites are told. Raises NotEditable once it is scheduled."""
    found = states.locked(campaign)
    if found.status != CampaignStatus.DRAFT:
        raise NotEditable
    states.update(found, **{name: values.get(name, "").strip() for name in utm.NAMES})
    states.record("tags_chosen", found, by, **told(found))
