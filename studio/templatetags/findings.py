"""What the templates of findings and rules ask: where one click leads from it, and who says so."""

from django import template

from clinic.models import Clinic
from newsletter.campaigns.models import Campaign
from newsletter.content.findings import Finding
from newsletter.content.lint.claims import Rule
from studio.queries import ways as found
from studio.queries.ways import Way

register = template.Library()


@register.simple_tag
def ways(finding: Finding, campaign: Campaign) -> list[Way]:
    return found.ways(finding, campaign)


@register.filter
def said_by(rule: Rule, profile: Clinic) -> str:
    """Who says so where the clinic is."""
    return "; ".join(rule.said_by(profile.jurisdiction))
