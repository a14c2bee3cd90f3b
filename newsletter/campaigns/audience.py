"""Whom a campaign goes to. One query for the count that staff see and for the plan that is carried out.

The gate looks again at the moment of handing over; this decides who is asked for at all.
"""

from collections.abc import Sequence
from datetime import datetime

from leads.people.models import LeadStatus
from newsletter.campaigns.models import Campaign

AUDIENCE = """
    SELECT lead.id AS lead_id FROM leads_lead lead
    WHERE lead.erased_at IS NULL
      AND lead.language = %s
      AND NOT (%s = ANY (lead.declined_topics))
      AND (lead.status <> %s OR %s)
      AND (lead.paused_until IS NULL OR lead.paused_until <= %s)
      AND EXISTS (
          SELECT 1 FROM leads_consent consent
          WHERE consent.lead_id = lead.id AND consent.purpose = 'marketing' AND consent.withdrawn_at IS NULL
            AND (consent.expires_at IS NULL OR consent.expires_at > %s))
      AND NOT EXISTS (
          SELECT 1 FROM newsletter_suppression suppression
          WHERE suppression.address_hash = lead.address_hash AND suppression.lifted_at IS NULL)
"""


def audience(campaign: Campaign, now: datetime) -> tuple[str, Sequence[str | bool | datetime]]:
    """The query of one column, `lead_id`, and its parameters."""
    return AUDIENCE, [
        campaign.email.language,
        campaign.topic,
        LeadStatus.PATIENT.value,
        campaign.includes_patients,
        now,
        now,
    ]
