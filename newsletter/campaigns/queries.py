"""What others ask of campaigns: how many people, how far, what is under way."""

from datetime import datetime

from django.db import connection
from django.db.models import CharField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat

from accounts.models import AuditEvent
from newsletter.campaigns.audience import audience
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.deliveries import queries as deliveries
from newsletter.deliveries.models import Chunk, Kind
from newsletter.deliveries.queries import Progress

UNDER_WAY = (CampaignStatus.SCHEDULED, CampaignStatus.SENDING, CampaignStatus.PAUSED)


def audience_count(campaign: Campaign, now: datetime) -> int:
    """How many people would get it if it went now."""
    select, params = audience(campaign, now)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({select}) audience", params)  # noqa: S608
        (count,) = cursor.fetchone()
    return count


def is_for_nobody(campaign: Campaign, now: datetime) -> bool:
    """Whether there is nobody who would get it."""
    select, params = audience(campaign, now)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT NOT EXISTS ({select})", params)
        (is_so,) = cursor.fetchone()
    return is_so


def progress(campaign: Campaign) -> Progress:
    """How far its deliveries are; the parts add up to `planned` at every moment."""
    return deliveries.progress(Kind.CAMPAIGN, campaign.pk)


def sent_through() -> QuerySet[Campaign]:
    """Being sent, with no chunk left to a sender: those worth counting."""
    unfinished = Chunk.objects.filter(done=False, batch__kind=Kind.CAMPAIGN).values("batch__owner_id")
    return Campaign.objects.filter(status=CampaignStatus.SENDING).exclude(pk__in=unfinished)


def newest_first() -> QuerySet[Campaign]:
    return Campaign.objects.select_related("email").order_by("-created_at", "-pk")


def listed(*, archived: bool = False) -> QuerySet[Campaign]:
    """Those in the list, or those put away; the newest first."""
    return newest_first().filter(archived_at__isnull=not archived)


def made_by_itself() -> QuerySet[Campaign]:
    """Monthly drafts that nobody has sent or put away so far."""
    made = {"status": CampaignStatus.DRAFT, "created_by__isnull": True, "copied_from__isnull": False}
    return Campaign.objects.filter(**made, archived_at__isnull=True).order_by("created_at", "pk")


def not_started() -> QuerySet[Campaign]:
    """Drafts that should have left and could not, and that nobody has done anything about since."""
    subject = Concat(Value("campaign:"), Cast(OuterRef("pk"), CharField()))
    acts = AuditEvent.objects.filter(act__startswith="campaign.", subject=subject).order_by("-pk")
    drafts = Campaign.objects.filter(status=CampaignStatus.DRAFT, archived_at__isnull=True, goes_at__isnull=False)
    last = drafts.annotate(last_act=Subquery(acts.values("act")[:1]))
    return last.filter(last_act="campaign.not_started").order_by("goes_at", "pk")


def under_way() -> QuerySet[Campaign]:
    """Scheduled, sending or paused, the next first."""
    return Campaign.objects.filter(status__in=UNDER_WAY).select_related("email").order_by("start_at", "pk")
