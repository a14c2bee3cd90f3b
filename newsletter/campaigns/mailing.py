"""What one mailing of a campaign says besides its words: who sends it, and what other websites are told on a click."""

from newsletter.campaigns.models import Campaign
from newsletter.content import utm
from newsletter.content.models import EmailTemplate
from newsletter.content.queries import AS_WRITTEN, Instead


def as_mailed(campaign: Campaign) -> Instead:
    """How this campaign's words go out."""
    values = {name: getattr(campaign, name) for name in utm.NAMES}
    return Instead(sender_name=campaign.sender_name, tags=utm.tags(values))


def of_email(email: EmailTemplate) -> Instead:
    """The same by the email: that of no campaign goes out as it is written."""
    campaign = Campaign.objects.filter(email=email.pk).first()
    return as_mailed(campaign) if campaign else AS_WRITTEN
