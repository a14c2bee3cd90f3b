"""One campaign as its page shows it: what keeps it from going, how far it is, what it brought."""

import math
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.functional import Promise

from accounts.models import AuditEvent, User
from newsletter.campaigns import again, audience, canary, keeping, mending, preflight, queries, review
from newsletter.campaigns.audience import Difference
from newsletter.campaigns.experiments import queries as tests
from newsletter.campaigns.mending import Edition
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.campaigns.preflight import Preflight
from newsletter.campaigns.results import queries as results
from newsletter.deliveries import guard, lanes
from newsletter.deliveries import queries as deliveries
from newsletter.deliveries.guard import Stopped
from newsletter.deliveries.models import Kind, Lane
from newsletter.deliveries.pacing import state as limits
from newsletter.deliveries.queries import Progress, Speed
from newsletter.deliveries.standing import holds
from newsletter.tracking.models import FactKind
from studio import words

EDITABLE = (CampaignStatus.DRAFT, CampaignStatus.SCHEDULED)
LEAVING = (CampaignStatus.SENDING, CampaignStatus.PAUSED)
OPEN = (*EDITABLE, *LEAVING)
MOST_ACTS = 20


@dataclass(frozen=True, slots=True)
class Before:
    """A campaign that has not left: for how many it is, and what the checks say.

    `not_started` is the last time when it should have left and could not, until it is scheduled again.
    """

    audience: int
    preflight: Preflight
    not_started: AuditEvent | None


@dataclass(frozen=True, slots=True)
class Done:
    """One act: what was done, by whom (None where the program did it by itself), when."""

    said: str | Promise
    by: User | None
    at: datetime


@dataclass(frozen=True, slots=True)
class More:
    """What else there is to know and to do, of no hurry."""

    readers: list[str]
    left_out: list[str]
    editions: list[Edition]
    is_tested: bool
    why_not_public: str
    resends: list[Campaign]
    can_resend: bool
    done: list[Done]
    difference: Difference | None


@dataclass(frozen=True, slots=True)
class Mended:
    """The words that are being mended: those that the page shows, whether others are there by now, and the checks.

    `begun` is the mark of this mending.
    """

    words: str
    begun: str
    is_changed: bool
    preflight: Preflight


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
    people = queries.audience_count(campaign, now)
    return Before(
        audience=people,
        preflight=preflight.of_campaign(campaign, now, people=people),
        not_started=_not_started(campaign),
    )


def more(campaign: Campaign, now: datetime) -> More:
    return More(
        readers=[segment.name for segment in campaign.included.all()],
        left_out=[segment.name for segment in campaign.excluded.all()],
        editions=mending.editions(campaign) if campaign.planned_at else [],
        is_tested=tests.of(campaign) is not None,
        why_not_public=keeping.why_not_public(campaign),
        resends=list(campaign.resends.order_by("pk")),
        can_resend=campaign.resend_of_id is None and again.once_more(campaign) is None,
        done=_done(campaign),
        difference=audience.difference(campaign) if campaign.planned_at else None,
    )


def after(campaign: Campaign) -> After:
    numbers = results.numbers(campaign)
    speed = deliveries.speed(Kind.CAMPAIGN, campaign.pk)
    keeps = _keeps(campaign)
    return After(
        progress=numbers.progress,
        speed=speed,
        left=speed.left(numbers.progress) if campaign.status == CampaignStatus.SENDING and not keeps else None,
        keeps=keeps,
        refusals=numbers.reasons,
        brought=Brought(
            people=numbers.people,
            scanner_clicks=numbers.scanner_clicks,
            booked=numbers.fact(FactKind.BOOKED),
            unsubscribed=numbers.fact(FactKind.UNSUBSCRIBED),
            bounced=numbers.fact(FactKind.BOUNCED),
        ),
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


def mended(campaign: Campaign, looked: str, now: datetime) -> Mended | None:
    """How the words stand while somebody mends them; `looked` are those that a page which asks again began with."""
    if campaign.fixing_since is None:
        return None
    there = review.words(campaign)
    is_changed = bool(looked) and looked != there
    return Mended(looked or there, mending.begun(campaign), is_changed, preflight.of_campaign(campaign, now))


def undo_left(campaign: Campaign, now: datetime) -> int:
    """For how many seconds nothing can have left; 0 when that is over."""
    if campaign.status != CampaignStatus.SCHEDULED or campaign.undo_until is None:
        return 0
    return max(0, math.ceil((campaign.undo_until - now).total_seconds()))


def due(campaign: Campaign, now: datetime) -> str:
    """Once its time has come: "soon", for it begins within seconds, or "held"; nothing before and afterwards."""
    if campaign.status != CampaignStatus.SCHEDULED or campaign.start_at is None or campaign.start_at > now:
        return ""
    return "held" if holds.is_shut(Lane.MARKETING) else "soon"


def seen(campaign: Campaign, found: After | None, others: str, now: datetime) -> str:
    """What a page shows, in short: the same as long as asking again would show nothing new.

    `others` is a mark of what the others wait for. Before it leaves there is only the time to be told anew, once a
    minute, and every second while it counts down.
    """
    if found is None:
        return f"{campaign.status}{due(campaign, now)}-{now:%H%M}-{undo_left(campaign, now)}"
    figures = (*astuple(found.progress), *astuple(found.brought), *astuple(found.speed))
    return "-".join([_state(campaign, found, others), str(found.quarter), *map(str, figures)])


def _state(campaign: Campaign, found: After, others: str) -> str:
    """What more than figures hangs on: while somebody has to decide, also how many wait and what came back."""
    parts = [campaign.status, found.keeps, str(campaign.canary_until or ""), others]
    if campaign.status == CampaignStatus.PAUSED:
        parts.append(str(found.progress.waiting))
    if campaign.fixing_since is not None:
        parts += [review.words(campaign), mending.begun(campaign)]
    return "".join(letter for part in parts for letter in part if letter.isalnum())


def is_news(last: str, seen_now: str, found: After | None) -> bool:
    """Whether more than figures changed, or the minute in which it is told when it leaves."""
    parts = 2 if found is None else 1
    return last.split("-")[:parts] != seen_now.split("-")[:parts]


def has_turned(last: str, seen_now: str) -> bool:
    """Whether other things can be done now; else the buttons are left alone, so that none moves under a finger."""
    return last.partition("-")[0] != seen_now.partition("-")[0]


def quiet(campaign: Campaign) -> int:
    """How many got it and did not click."""
    numbers = results.numbers(campaign)
    return max(0, numbers.mailed - numbers.people)


def last_act(campaign: Campaign) -> str:
    """What was done to it last."""
    return _acts(campaign).order_by("-pk").values_list("act", flat=True).first() or ""


def _acts(campaign: Campaign) -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(subject=f"campaign:{campaign.pk}")


def _done(campaign: Campaign) -> list[Done]:
    found = _acts(campaign).filter(act__in=words.DONE).select_related("by").order_by("-pk")
    return [Done(words.DONE[event.act], event.by, event.at) for event in found[:MOST_ACTS]]


def _not_started(campaign: Campaign) -> AuditEvent | None:
    last = _acts(campaign).filter(act__startswith="campaign.").order_by("-pk").first()
    return last if last and last.act == "campaign.not_started" else None


@dataclass(frozen=True, slots=True)
class Line:
    """A campaign in the list; the counts are zero before it leaves."""

    campaign: Campaign
    submitted: int
    people: int
    booked: int


def lines(campaigns: list[Campaign]) -> list[Line]:
    """Submitted mails, people who clicked and bookings of each, in one question."""
    found = results.sums(campaigns)
    return [Line(one, found[one.pk].mailed, found[one.pk].clicked, found[one.pk].booked) for one in campaigns]
