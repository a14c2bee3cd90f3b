"""One campaign as its page shows it: what keeps it from going, how far it is, what it brought."""

import math
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Q

from accounts.models import AuditEvent
from newsletter.campaigns import again, audience, canary, keeping, mending, preflight, queries
from newsletter.campaigns.audience import Difference
from newsletter.campaigns.mending import Edition
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.campaigns.preflight import Preflight
from newsletter.deliveries import guard, lanes
from newsletter.deliveries import queries as deliveries
from newsletter.deliveries.guard import Stopped
from newsletter.deliveries.models import Delivery, Kind, Lane, State
from newsletter.deliveries.pacing import state as limits
from newsletter.deliveries.queries import Progress, Speed
from newsletter.deliveries.standing import holds
from newsletter.tracking.models import Click, ClickLabel, Fact, FactKind

EDITABLE = (CampaignStatus.DRAFT, CampaignStatus.SCHEDULED)
LEAVING = (CampaignStatus.SENDING, CampaignStatus.PAUSED)
OPEN = (*EDITABLE, *LEAVING)


@dataclass(frozen=True, slots=True)
class Before:
    """A campaign that has not left: for how many it is, and what the checks say.

    `not_started` is the last time when it should have left and could not, until it is scheduled again.
    """

    audience: int
    preflight: Preflight
    not_started: AuditEvent | None


@dataclass(frozen=True, slots=True)
class More:
    """What else there is to know and to do, of no hurry."""

    readers: list[str]
    left_out: list[str]
    editions: list[Edition]
    why_not_again: str
    why_not_public: str
    resends: list[Campaign]
    difference: Difference | None


@dataclass(frozen=True, slots=True)
class Brought:
    """What came back: people who clicked, scanners' clicks apart, bookings, opt-outs."""

    people: int
    scanner_clicks: int
    booked: int
    unsubscribed: int
    bounced: int


@dataclass(frozen=True, slots=True)
class After:
    """`left` is None where nobody can say; `keeps` says why nothing moves, if something keeps it."""

    progress: Progress
    speed: Speed
    left: timedelta | None
    keeps: str
    refusals: list[tuple[str, int]]
    brought: Brought

    @property
    def quarter(self) -> int:
        """How many quarters are done: what is read out to those who do not see the bar."""
        return 4 * self.progress.ended // max(self.progress.planned, 1)

    @property
    def percent(self) -> int:
        return 25 * self.quarter


def before(campaign: Campaign, now: datetime) -> Before:
    return Before(
        audience=queries.audience_count(campaign, now),
        preflight=preflight.of_campaign(campaign, now),
        not_started=_not_started(campaign),
    )


def more(campaign: Campaign, now: datetime) -> More:
    return More(
        readers=[segment.name for segment in campaign.included.all()],
        left_out=[segment.name for segment in campaign.excluded.all()],
        editions=mending.editions(campaign) if campaign.planned_at else [],
        why_not_again=again.why_not(campaign, now) if campaign.planned_at else "",
        why_not_public=keeping.why_not_public(campaign),
        resends=list(campaign.resends.order_by("pk")),
        difference=audience.difference(campaign) if campaign.planned_at else None,
    )


def after(campaign: Campaign) -> After:
    progress = queries.progress(campaign)
    speed = deliveries.speed(Kind.CAMPAIGN, campaign.pk)
    keeps = _keeps(campaign)
    return After(
        progress=progress,
        speed=speed,
        left=speed.left(progress) if campaign.status == CampaignStatus.SENDING and not keeps else None,
        keeps=keeps,
        refusals=deliveries.refusals(Kind.CAMPAIGN, campaign.pk),
        brought=_brought(campaign),
    )


def _keeps(campaign: Campaign) -> str:
    """What keeps a campaign that is being sent from leaving: "hold", "limit", or nothing."""
    if campaign.status != CampaignStatus.SENDING:
        return ""
    if holds.is_shut(Lane.MARKETING):
        return "hold"
    is_limited = lanes.options(Lane.MARKETING).counts_days
    return "limit" if is_limited and limits.of(Lane.MARKETING).is_spent else ""


def stopped(campaign: Campaign) -> Stopped | None:
    """Why it paused by itself, while it is paused."""
    return guard.stopped(Kind.CAMPAIGN, campaign.pk) if campaign.status == CampaignStatus.PAUSED else None


def canary_of(campaign: Campaign) -> canary.Found | None:
    """What became of the few that got it first, while the rest waits for that."""
    return canary.found(campaign) if campaign.planned_at and canary.is_under_way(campaign) else None


def undo_left(campaign: Campaign, now: datetime) -> int:
    """For how many seconds nothing can have left; 0 when that is over."""
    if campaign.status != CampaignStatus.SCHEDULED or campaign.undo_until is None:
        return 0
    return max(0, math.ceil((campaign.undo_until - now).total_seconds()))


def seen(campaign: Campaign, found: After | None, now: datetime) -> str:
    """What a page shows, in short: the same as long as asking again would show nothing new.

    Before it leaves there is only the time to be told anew, once a minute, and every second while it counts down.
    """
    if found is None:
        return f"{campaign.status}-{now:%H%M}-{undo_left(campaign, now)}"
    figures = (*astuple(found.progress), *astuple(found.brought), *astuple(found.speed))
    state = f"{campaign.status}{found.keeps}{campaign.canary_until or ''}".replace("-", "")
    return "-".join([state, str(found.quarter), *map(str, figures)])


def is_news(last: str, seen_now: str, found: After | None) -> bool:
    """Whether more than figures changed; what has not is left alone, so that no button moves under a finger."""
    parts = 2 if found is None else 1
    return last.split("-")[:parts] != seen_now.split("-")[:parts]


def quiet(campaign: Campaign) -> int:
    """How many got it and did not click."""
    got = queries.progress(campaign)
    return max(0, got.submitted + got.closed - _brought(campaign).people)


def _not_started(campaign: Campaign) -> AuditEvent | None:
    acts = AuditEvent.objects.filter(subject=f"campaign:{campaign.pk}", act__startswith="campaign.")
    last = acts.order_by("-pk").first()
    return last if last and last.act == "campaign.not_started" else None


def _brought(campaign: Campaign) -> Brought:
    mine = Delivery.objects.filter(kind=Kind.CAMPAIGN, owner=campaign.pk).values("id")
    clicks = Click.objects.filter(delivery_id__in=mine).aggregate(
        people=Count("lead_id", distinct=True, filter=Q(label=ClickLabel.PERSON)),
        scanners=Count("id", filter=Q(label=ClickLabel.SCANNER)),
    )
    counted = Fact.objects.filter(delivery_id__in=mine).values_list("kind").annotate(Count("id"))
    facts = {kind: count for kind, count in counted}  # noqa: C416 - a query of pairs
    return Brought(
        people=clicks["people"],
        scanner_clicks=clicks["scanners"],
        booked=facts.get(FactKind.BOOKED, 0),
        unsubscribed=facts.get(FactKind.UNSUBSCRIBED, 0),
        bounced=facts.get(FactKind.BOUNCED, 0),
    )


@dataclass(frozen=True, slots=True)
class Line:
    """A campaign in the list; the counts are zero before it leaves."""

    campaign: Campaign
    submitted: int
    people: int
    booked: int


def lines(campaigns: list[Campaign]) -> list[Line]:
    """Submitted mails, people who clicked and bookings of each, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT d.owner, count(*) FILTER (WHERE o.state = ANY (%s)),
                   count(DISTINCT k.lead_id), count(DISTINCT f.delivery_id)
            FROM newsletter_delivery d
            LEFT JOIN newsletter_outcome o ON o.delivery_id = d.id
            LEFT JOIN LATERAL (
                SELECT c.lead_id FROM newsletter_click c WHERE c.delivery_id = d.id AND c.label = 'person' LIMIT 1
            ) k ON true
            LEFT JOIN newsletter_fact f ON f.delivery_id = d.id AND f.kind = 'booked'
            WHERE d.kind = %s AND d.owner = ANY (%s) GROUP BY d.owner
            """,
            [[State.SUBMITTED, State.CLOSED], Kind.CAMPAIGN, [campaign.pk for campaign in campaigns]],
        )
        figures = {owner: counts for owner, *counts in cursor.fetchall()}
    return [Line(campaign, *figures.get(campaign.pk, (0, 0, 0))) for campaign in campaigns]
