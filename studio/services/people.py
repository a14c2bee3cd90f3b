"""Acts on one person that touch several apps, or that need a line in the audit trail beside the act."""

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import User
from leads.consent import services as consent
from leads.models import Lead
from leads.tags import services as tags

TOLD_STAFF = "told staff"


@transaction.atomic
def unsubscribe(lead: Lead, *, by: User, now: datetime) -> bool:
    """End all marketing to this person, as they asked a member of staff to."""
    ended = consent.withdraw(lead, how=TOLD_STAFF, now=now)
    audit.record("lead.unsubscribed", subject=f"lead:{lead.pk}", by=by)
    return ended


@transaction.atomic
def untag(lead: Lead, *, name: str, by: User) -> None:
    if tags.remove(lead, name=name):
        audit.record("lead.untagged", subject=f"lead:{lead.pk}", by=by)
