"""A few get a large campaign first; it pauses by itself, somebody looks at bounces and complaints, and it goes on.

The few are a batch of their own. The rest is planned with them, due at a moment that never comes until the few have
been looked at: so what was planned stays planned, and pausing and resuming mean what they always do. Where staff chose
so, the rest goes on by itself after an hour, if nothing bounced and nobody complained.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, QuerySet

from newsletter.campaigns import held, states
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.deliveries import guard
from newsletter.deliveries import services as deliveries
from newsletter.deliveries.models import CHUNK_SIZE, Chunk, Kind, State
from newsletter.tracking.models import FactKind

LOOKS_FOR = timedelta(hours=1)
NEVER = datetime(9000, 1, 1, tzinfo=UTC)
UNDER_WAY = {"canary_batch__isnull": False, "canary_over_at__isnull": True}

FOUND = f"""
    SELECT count(d.id),
           count(*) FILTER (WHERE o.delivery_id IS NOT NULL),
           count(*) FILTER (WHERE o.delivery_id IS NULL
                                  AND EXISTS (SELECT 1 FROM newsletter_uncertain u WHERE u.delivery_id = d.id)),
           count(*) FILTER (WHERE o.state = {State.SUBMITTED:d}),
           count(*) FILTER (WHERE o.state = {State.FAILED:d}
                                  OR EXISTS (SELECT 1 FROM newsletter_fact f
                                             WHERE f.delivery_id = d.id AND f.kind = '{FactKind.BOUNCED.value}')),
           count(*) FILTER (WHERE EXISTS (SELECT 1 FROM newsletter_fact f
                                          WHERE f.delivery_id = d.id AND f.kind = '{FactKind.COMPLAINED.value}'))
    FROM newsletter_chunk c
    JOIN newsletter_delivery d ON d.id >= c.id * {CHUNK_SIZE} AND d.id < (c.id + 1) * {CHUNK_SIZE}
    LEFT JOIN newsletter_outcome o ON o.delivery_id = d.id
    WHERE c.batch_id = %s
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Found:
    """What became of the few. `bounced` counts what the other side refused at once, too.

    One that is uncertain keeps nobody waiting: that can last a week. Somebody looks at it, though.
    """

    planned: int
    ended: int
    uncertain: int
    submitted: int
    bounced: int
    complained: int

    @property
    def has_landed(self) -> bool:
        return self.ended + self.uncertain == self.planned

    @property
    def is_clean(self) -> bool:
        return self.ended == self.planned and not self.bounced and not self.complained


def is_under_way(campaign: Campaign) -> bool:
    """Whether the rest waits for what became of the few."""
    return campaign.canary_batch_id is not None and campaign.canary_over_at is None


def asks(campaign: Campaign) -> bool:
    """Whether the few have come to an end, and the rest waits for somebody's word."""
    return is_under_way(campaign) and campaign.canary_until is not None


def found(campaign: Campaign) -> Found:
    with connection.cursor() as cursor:
        cursor.execute(FOUND, [campaign.canary_batch_id])
        return Found(*cursor.fetchone())


def look(now: datetime) -> int:
    """Pause what has got to its few, and let go on what may go on by itself. How many changed."""
    landed = Campaign.objects.filter(status=CampaignStatus.SENDING, canary_until__isnull=True, **UNDER_WAY)
    patient = Campaign.objects.filter(
        status=CampaignStatus.PAUSED, canary_goes_on=True, canary_until__lte=now, **UNDER_WAY
    )
    paused = sum(_land(pk, now) for pk in landed.values_list("pk", flat=True))
    return paused + sum(_go_on(pk, now) for pk in patient.values_list("pk", flat=True))


def go_on(campaign: Campaign, *, now: datetime) -> None:
    """Let a paused one leave again: the few until they have been looked at, everything from then on.

    For whoever has locked it, inside their transaction. Nobody mends its words any more.
    """
    states.change(campaign, CampaignStatus.SENDING, fixing_since=None, fixing_by=None)
    if asks(campaign) and campaign.planned_at is not None:
        held.release(campaign, since=NEVER, hold=NEVER - campaign.planned_at, at=now)
        states.update(campaign, canary_over_at=now)
    deliveries.resume(Kind.CAMPAIGN, campaign.pk)
    guard.begin_anew(Kind.CAMPAIGN, campaign.pk)


def hold_the_rest(campaign: Campaign, now: datetime) -> None:
    """Everything planned of it but the few waits; `now` is the moment of planning."""
    _rest(campaign).update(due_at=F("due_at") + (NEVER - now))


def _rest(campaign: Campaign) -> QuerySet[Chunk]:
    mine = Chunk.objects.filter(batch__kind=Kind.CAMPAIGN, batch__owner_id=campaign.pk)
    return mine.exclude(batch=campaign.canary_batch)


@transaction.atomic
def _land(campaign_id: int, now: datetime) -> bool:
    campaign = _locked(campaign_id, CampaignStatus.SENDING)
    if campaign is None or campaign.canary_until is not None:
        return False
    seen = found(campaign)
    if not seen.has_landed:
        return False
    states.change(campaign, CampaignStatus.PAUSED, canary_until=now + LOOKS_FOR)
    deliveries.pause(Kind.CAMPAIGN, campaign.pk)
    states.record("canary_landed", campaign, None, submitted=seen.submitted, bounced=seen.bounced)
    return True


@transaction.atomic
def _go_on(campaign_id: int, now: datetime) -> bool:
    campaign = _locked(campaign_id, CampaignStatus.PAUSED)
    if campaign is None or campaign.fixing_since is not None or not found(campaign).is_clean:
        return False
    go_on(campaign, now=now)
    states.record("canary_clean", campaign, None)
    return True


def _locked(campaign_id: int, status: CampaignStatus) -> Campaign | None:
    """None when another tick has it, or somebody was faster."""
    mine = Campaign.objects.select_for_update(skip_locked=True, of=["self"])
    return mine.filter(pk=campaign_id, status=status, **UNDER_WAY).first()
