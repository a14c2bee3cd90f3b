"""One campaign's changes of state: locked, changed, written down. Of two clicks at once only one makes them."""

from collections.abc import Iterable, Mapping

from accounts import audit
from accounts.models import User
from newsletter.campaigns.models import Campaign, CampaignStatus

OPEN = (CampaignStatus.DRAFT, CampaignStatus.SCHEDULED, CampaignStatus.SENDING, CampaignStatus.PAUSED)
LEAVING = (CampaignStatus.SENDING, CampaignStatus.PAUSED)
ENDED = (CampaignStatus.FINISHED, CampaignStatus.CANCELLED)

UNSCHEDULED: Mapping[str, object] = {
    "start_at": None,
    "undo_until": None,
    "reviewed_count": None,
    "reviewed_version": None,
    "reviewed_audience": "",
    "canary_size": 0,
    "canary_goes_on": False,
}
"""What a campaign forgets when it becomes a draft again: nobody has looked at what goes next time."""


def locked(campaign: Campaign) -> Campaign:
    """The campaign as it is now, and nobody else changes it or its words until this transaction ends.

    Its email is read afterwards: what is joined to a row that has to be waited for is as old as the wait.
    """
    return Campaign.objects.select_for_update().get(pk=campaign.pk)


def switch(
    campaign: Campaign, old: Iterable[CampaignStatus], new: CampaignStatus, *, by: User | None, **fields: object
) -> bool:
    """Change from one of these states to another and write down who did; False from any other state."""
    found = locked(campaign)
    if found.status not in set(old):
        return False
    change(found, new, **fields)
    record(new.value, found, by)
    return True


def change(campaign: Campaign, status: CampaignStatus, **fields: object) -> None:
    """Write the state and these fields, and nothing else."""
    update(campaign, status=status, **fields)


def update(campaign: Campaign, **fields: object) -> None:
    for name, value in fields.items():
        setattr(campaign, name, value)
    campaign.save(update_fields=list(fields))


def record(act: str, campaign: Campaign, by: User | None, **detail: object) -> None:
    audit.record(f"campaign.{act}", subject=f"campaign:{campaign.pk}", by=by, **detail)
