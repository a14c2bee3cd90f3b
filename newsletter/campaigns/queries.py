"""What others ask of campaigns: how many people, how far, what is under way."""

from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import QuerySet

from clinic import queries as clinic
from newsletter.campaigns.audience import audience, times
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


def people_by_zone(campaign: Campaign, now: datetime) -> dict[ZoneInfo, int]:
    """How many of those who would get it live in which time zone; whoever told none counts for the clinic's."""
    select, params = audience(campaign, now)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT lead.time_zone, count(*) FROM ({select}) audience
            JOIN leads_lead lead ON lead.id = audience.lead_id GROUP BY 1
            """,  # noqa: S608
            params,
        )
        found = cursor.fetchall()
    people: Counter[ZoneInfo] = Counter()
    home = clinic.zone()
    for name, count in found:
        people[times.zone_of(name, home)] += count
    return dict(people)


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


def under_way() -> QuerySet[Campaign]:
    """Scheduled, sending or paused, the next first."""
    return Campaign.objects.filter(status__in=UNDER_WAY).select_related("email").order_by("start_at", "pk")
