"""What a finding's template asks: where one click leads from it."""

from django import template

from newsletter.campaigns.models import Campaign
from newsletter.content.findings import Finding
from studio.queries import ways as found
from studio.queries.ways import Way

register = template.Library()


@register.simple_tag
def ways(finding: Finding, campaign: Campaign) -> list[Way]:
    return found.ways(finding, campaign)
