"""Who becomes a patient after planning: a campaign that is not for patients leaves them out then, too."""

from datetime import datetime

from leads.models import Lead
from newsletter.campaigns import states
from newsletter.campaigns.models import Campaign
from newsletter.deliveries import lately
from newsletter.deliveries import services as deliveries
from newsletter.deliveries.models import Delivery, Kind

REASON = "became a patient"


def leave_out(lead: Lead, *, now: datetime) -> int:
    """Cancel what campaigns that are not "also to patients" have planned for this person; returns how many.

    The caller holds the lead's address lock. A plan that is just being made asked before who is a patient: it is
    waited for.
    """
    lately.wait()
    leaving = Campaign.objects.filter(status__in=states.LEAVING, includes_patients=False)
    planned = Delivery.objects.filter(lead_id=lead.pk, kind=Kind.CAMPAIGN, owner__in=leaving.values("pk"))
    owners = list(planned.order_by("pk").values_list("owner", flat=True))
    return sum(
        deliveries.cancel(kind=Kind.CAMPAIGN, owner=owner, item=lead.pk, reason=REASON, now=now) for owner in owners
    )
