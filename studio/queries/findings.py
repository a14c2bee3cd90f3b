"""What keeps a campaign from going and what could be better, each with the place in the editor where it is mended."""

from datetime import datetime

from newsletter.campaigns.models import Campaign
from newsletter.campaigns.sendable import reasons
from newsletter.content import queries as content
from newsletter.content.findings import Finding


def of_campaign(campaign: Campaign, now: datetime) -> list[Finding]:
    """What the words have, then what keeps any campaign from going."""
    found = content.findings(campaign.email)
    said = {str(finding) for finding in found}
    return [*found, *(Finding("", reason, blocking=True) for reason in reasons(campaign, now) if reason not in said)]
