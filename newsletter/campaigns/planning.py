"""What the tick does for campaigns: plan those whose time has come, finish those that balance.

Planning is one transaction: the words are frozen, the audience is asked for once, and what was planned stays planned.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from newsletter.campaigns import audience, canary, mailing, queries, review, states, usual
from newsletter.campaigns.audience import Share
from newsletter.campaigns.experiments import queries as tests
from newsletter.campaigns.experiments import services as experiments
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.campaigns.sendable import reasons
from newsletter.content import services as content
from newsletter.content.models import Variant
from newsletter.deliveries.models import Lane
from newsletter.deliveries.standing import holds


class NotAsLookedAt(Exception):
    """What would leave is not what somebody looked at, or it cannot leave; `why_not` says why, one sentence each."""

    def __init__(self, why_not: list[str]) -> None:
        super().__init__(" ".join(why_not))
        self.why_not = why_not


def start_due(now: datetime) -> int:
    """Plan every campaign whose time has come; none while the marketing lane is shut. How many began.

    One that cannot be planned keeps no other from leaving; what failed is raised together at the end.
    """
    due = Campaign.objects.filter(status=CampaignStatus.SCHEDULED, start_at__lte=now).order_by("start_at", "pk")
    ids = list(due.values_list("pk", flat=True))
    if not ids or holds.is_shut(Lane.MARKETING):
        return 0
    begun, failed = 0, []
    for campaign_id in ids:
        try:
            begun += _start(campaign_id, now)
        except Exception as error:  # noqa: BLE001 - raised below, after the others have had their turn
            failed.append(error)
    if failed:
        raise ExceptionGroup("Some campaigns could not be planned.", failed)
    return begun


def finish_done(now: datetime) -> int:
    """Finish every campaign that balances: all planned mails have ended and none is in doubt. How many did."""
    return sum(_finish(campaign, now) for campaign in queries.sent_through())


def freeze(campaign: Campaign, *, now: datetime) -> Variant:
    """Freeze everything that it says, of its own and under test; what its own words go out as. Raises NotCompilable."""
    variant = Variant.objects.get_or_create(email=campaign.email, label="A")[0]
    content.freeze(variant, now=now, instead=mailing.as_mailed(campaign))
    experiments.freeze(campaign, now=now)
    return variant


@transaction.atomic
def _start(campaign_id: int, now: datetime) -> bool:
    """Plan one campaign; one that another tick is planning is left to it, one that no longer fits is a draft again."""
    due = Campaign.objects.select_for_update(skip_locked=True, of=["self"]).select_related("email")
    campaign = due.filter(pk=campaign_id, status=CampaignStatus.SCHEDULED, start_at__lte=now).first()
    if campaign is None:
        return False
    try:
        planned = _plan_as_looked_at(campaign, now)
    except NotAsLookedAt as error:
        states.change(campaign, CampaignStatus.DRAFT, **states.UNSCHEDULED)
        states.record("not_started", campaign, None, reasons=error.why_not)
        return False
    states.change(campaign, CampaignStatus.SENDING, planned_at=now, planned_count=planned)
    states.record("started", campaign, None, planned=planned)
    return True


def _changed(campaign: Campaign) -> Iterator[str]:
    """Nobody can write a scheduled campaign; if somebody did all the same, nobody has looked at what would go."""
    if campaign.reviewed_version not in {None, campaign.email.version}:
        yield _("The words were changed after somebody looked at them and let it go.")
    if campaign.reviewed_audience not in {"", review.mark(campaign)}:
        yield _("Whom it goes to was changed after somebody looked at it and let it go: a segment means others now.")


@transaction.atomic
def _plan_as_looked_at(campaign: Campaign, now: datetime) -> int:
    """Plan everybody; how many. Raises NotAsLookedAt, with nothing planned: also where far more would get it."""
    why_not = [*_changed(campaign), *reasons(campaign, now)]
    if why_not:
        raise NotAsLookedAt(why_not)
    planned = _plan(campaign, freeze(campaign, now=now), now)
    seen = campaign.reviewed_count
    if seen is not None and usual.is_large(planned, seen):
        raise NotAsLookedAt([review.other_number(seen, planned)])
    return planned


def _plan(campaign: Campaign, variant: Variant, now: datetime) -> int:
    """Plan everybody; where a few go first, they are planned first, and the rest waits for them. How many.

    A test has its own few: its parts go first, and the rest waits until it is decided.
    """
    if tests.of(campaign) is not None:
        return experiments.plan(campaign, now)
    has_few = campaign.canary_size > 0
    few = [Share(variant.pk, people=campaign.canary_size, at_once=True)] if has_few else []
    batches = audience.plan(campaign, now, [*few, Share(variant.pk)])
    if has_few and batches[0]:
        states.update(campaign, canary_batch=batches[0][0])
        canary.hold_the_rest(campaign, now)
    return sum(batch.size for of_share in batches for batch in of_share)


@transaction.atomic
def _finish(campaign: Campaign, now: datetime) -> bool:
    """Finish it if it balances, in the transaction that looked; a paused or cancelled one stays what it is."""
    found = states.locked(campaign)
    counts = queries.progress(found)
    balances = counts.is_settled and counts.ended == found.planned_count
    if found.status != CampaignStatus.SENDING or not balances:
        return False
    states.change(found, CampaignStatus.FINISHED, finished_at=now)
    return True
