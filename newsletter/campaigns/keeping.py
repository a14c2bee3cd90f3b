"""What becomes of a campaign beside being sent: put away, or shown to everybody in the public archive."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from newsletter.campaigns import states
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.content.models import Topic

STILL = (CampaignStatus.DRAFT, *states.ENDED)
TELLS_OF_HEALTH = {"tagged", "in_course", "finished_course", "was_in_course"}
"""Conditions by which an audience may have been chosen for what its people suffer from."""


class NotPublic(Exception):
    """It cannot be shown to everybody; the sentence says why."""


@transaction.atomic
def archive(campaign: Campaign, *, by: User, now: datetime) -> bool:
    """Put it away; False while it is about to leave or leaving. A draft every month is made out of it still."""
    found = states.locked(campaign)
    if found.status not in STILL or found.archived_at is not None:
        return False
    states.update(found, archived_at=now)
    states.record("archived", found, by)
    return True


@transaction.atomic
def unarchive(campaign: Campaign, *, by: User) -> bool:
    """Take it out again; False when it was not put away."""
    found = states.locked(campaign)
    if found.archived_at is None:
        return False
    states.update(found, archived_at=None)
    states.record("unarchived", found, by)
    return True


def why_not_public(campaign: Campaign) -> str:
    """Why everybody must not see it; empty when they may."""
    if campaign.resend_of_id is not None:
        return _("It went out once before; the first one can be shown.")
    chosen = [only for segment in campaign.included.all() for only in segment.conditions]
    if any(only.get("name") in TELLS_OF_HEALTH for only in chosen):
        return _("It was for people with a certain tag or of the course. Public, it would tell what they suffer from.")
    if campaign.topic == Topic.COURSE:
        return _("It belongs to the course. Public, it would tell what its readers suffer from.")
    return ""


@transaction.atomic
def publish(campaign: Campaign, *, by: User) -> bool:
    """Show it in the public archive from when it has left on. Raises NotPublic; False when it is shown already."""
    found = states.locked(campaign)
    if found.is_public:
        return False
    why_not = why_not_public(found)
    if why_not:
        raise NotPublic(why_not)
    states.update(found, is_public=True)
    states.record("made_public", found, by)
    return True


@transaction.atomic
def unpublish(campaign: Campaign, *, by: User) -> bool:
    """Show it no more; False when it was not shown."""
    found = states.locked(campaign)
    if not found.is_public:
        return False
    states.update(found, is_public=False)
    states.record("made_private", found, by)
    return True
