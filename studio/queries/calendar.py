"""What leaves on which day: campaigns, mails of the course that are due, days off, drafts made by themselves."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Q
from django.db.models.functions import Coalesce, TruncDate

from clinic.models import DayOff
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.models import Enrolment
from newsletter.sequences.models import EnrolmentState, SequenceState

WEEK = timedelta(days=7)
WEEKS = 4
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """A campaign on its day. `people` is how many it was or is for, as far as that is known."""

    campaign: Campaign
    at: datetime
    people: int


@dataclass(slots=True)
class Day:
    """`course` are mails of the course, `drafts` campaigns out of which a draft is made on this day."""

    on: date
    is_past: bool
    is_today: bool
    off: DayOff | None = None
    course: int = 0
    entries: list[Entry] = field(default_factory=list)
    drafts: list[Campaign] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.entries or self.drafts or self.course or self.off)


def weeks(first: date, now: datetime, *, zone: ZoneInfo) -> list[list[Day]]:
    """Four weeks of seven days, beginning with the Monday of the week of `first`."""
    monday = first - timedelta(days=first.weekday())
    found = days(monday, WEEKS * 7, now, zone=zone)
    return [found[at : at + 7] for at in range(0, len(found), 7)]


def days(first: date, count: int, now: datetime, *, zone: ZoneInfo) -> list[Day]:
    """Each of these days of the clinic's; five questions to the database, however many days and campaigns."""
    last = first + timedelta(days=count - 1)
    today = now.astimezone(zone).date()
    off = {day.on: day for day in DayOff.objects.filter(on__range=(first, last))}
    entries, drafts = _entries(first, last, zone), _drafts(first, last)
    course = _course(last, now, zone)
    return [
        Day(on, on < today, on == today, off.get(on), course[on], entries[on], drafts[on])
        for on in (first + timedelta(days=n) for n in range(count))
    ]


def _entries(first: date, last: date, zone: ZoneInfo) -> defaultdict[date, list[Entry]]:
    from_, until = (datetime.combine(day, time.min, tzinfo=zone) for day in (first, last + ONE_DAY))
    leaves_at = Coalesce("planned_at", "goes_at", "start_at")
    under_way = Q(status=CampaignStatus.SCHEDULED) | Q(planned_at__isnull=False)
    found = Campaign.objects.filter(under_way).annotate(leaves_at=leaves_at)
    by_day: defaultdict[date, list[Entry]] = defaultdict(list)
    for campaign in found.filter(leaves_at__gte=from_, leaves_at__lt=until).order_by("leaves_at", "pk"):
        at = campaign.leaves_at.astimezone(zone)
        by_day[at.date()].append(Entry(campaign, at, campaign.planned_count or campaign.reviewed_count or 0))
    return by_day


def _drafts(first: date, last: date) -> defaultdict[date, list[Campaign]]:
    by_day: defaultdict[date, list[Campaign]] = defaultdict(list)
    for campaign in Campaign.objects.filter(next_draft_on__range=(first, last)).order_by("next_draft_on", "pk"):
        if campaign.next_draft_on is not None:
            by_day[campaign.next_draft_on].append(campaign)
    return by_day


def _course(last: date, now: datetime, zone: ZoneInfo) -> Counter[date]:
    """What is overdue counts for today."""
    today = now.astimezone(zone).date()
    due = Enrolment.objects.filter(
        state=EnrolmentState.ACTIVE,
        sequence__state=SequenceState.LIVE,
        due_at__lt=datetime.combine(last + ONE_DAY, time.min, tzinfo=zone),
    )
    counted: Counter[date] = Counter()
    by_day = due.annotate(day=TruncDate("due_at", tzinfo=zone)).values_list("day").annotate(Count("pk"))
    for day, mails in by_day:
        counted[max(day, today)] += mails
    return counted
