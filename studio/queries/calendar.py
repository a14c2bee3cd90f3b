"""What leaves on which day: campaigns, mails of the course that are due, days off, drafts made by themselves."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Q
from django.db.models.functions import Greatest, TruncDate

from clinic.models import DayOff
from newsletter.campaigns import moments
from newsletter.campaigns.audience.times import Awake
from newsletter.campaigns.models import Campaign, CampaignStatus, Timing
from newsletter.models import Enrolment
from newsletter.sequences.models import EnrolmentState, SequenceState

WEEK = timedelta(days=7)
WEEKS = 4
ONE_DAY = timedelta(days=1)
AN_INSTANT = timedelta(microseconds=1)
LONGEST = timedelta(hours=48)
"""No campaign is spread over more, and nobody's clock is further from the clinic's."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A campaign on one of its days. `people` is how many it was or is for, as far as that is known.

    It leaves from `at` until `until`, by the clinic's clock; where it is by each reader's own clock, that is when the
    first of them get it and the time that their clocks show.
    """

    campaign: Campaign
    on: date
    at: datetime
    until: datetime
    people: int
    awake: Awake

    @property
    def is_over(self) -> bool:
        return self.campaign.status in {CampaignStatus.FINISHED, CampaignStatus.CANCELLED}

    @property
    def is_main_day(self) -> bool:
        """The one of its days on which everything is said of it: the day that was chosen."""
        return self.is_last_day if self.is_by_zone else self.is_first_day

    @property
    def is_first_day(self) -> bool:
        return self.on == self.at.date()

    @property
    def last_on(self) -> date:
        """The last day; one that ends at midnight is not of the next."""
        return max(self.at, self.until - AN_INSTANT).date()

    @property
    def is_last_day(self) -> bool:
        return self.on == self.last_on

    @property
    def is_by_zone(self) -> bool:
        return self.campaign.timing == Timing.LEAD_ZONE

    @property
    def is_spread(self) -> bool:
        return self.campaign.timing == Timing.SPREAD

    @property
    def is_quiet_time(self) -> bool:
        """Whether people get some of it at a time of day at which the clinic writes to nobody."""
        first = self.until if self.is_by_zone else self.at
        return moments.is_quiet(first, self.until, self.awake)


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


def weeks(first: date, now: datetime, *, zone: ZoneInfo, awake: Awake) -> list[list[Day]]:
    """Four weeks of seven days, beginning with the Monday of the week of `first`."""
    monday = first - timedelta(days=first.weekday())
    found = days(monday, WEEKS * 7, now, zone=zone, awake=awake)
    return [found[at : at + 7] for at in range(0, len(found), 7)]


def days(first: date, count: int, now: datetime, *, zone: ZoneInfo, awake: Awake) -> list[Day]:
    """Each of these days of the clinic's; five questions to the database, however many days and campaigns."""
    last = first + timedelta(days=count - 1)
    today = now.astimezone(zone).date()
    off = {day.on: day for day in DayOff.objects.filter(on__range=(first, last))}
    entries, drafts = _entries(first, last, zone, awake), _drafts(first, last)
    course = _course(last, now, zone)
    return [
        Day(on, on < today, on == today, off.get(on), course[on], entries[on], drafts[on])
        for on in (first + timedelta(days=n) for n in range(count))
    ]


def campaigns(first: date, count: int, *, zone: ZoneInfo, awake: Awake) -> Mapping[date, list[Entry]]:
    """The campaigns of each of these days; one question."""
    return _entries(first, first + timedelta(days=count - 1), zone, awake)


def _entries(first: date, last: date, zone: ZoneInfo, awake: Awake) -> defaultdict[date, list[Entry]]:
    from_, until = (datetime.combine(day, time.min, tzinfo=zone) for day in (first, last + ONE_DAY))
    under_way = Q(status=CampaignStatus.SCHEDULED) | Q(planned_at__isnull=False)
    found = Campaign.objects.filter(under_way).annotate(leaves_at=Greatest("goes_at", "start_at", "planned_at"))
    by_day: defaultdict[date, list[Entry]] = defaultdict(list)
    near = found.filter(leaves_at__gte=from_ - LONGEST, leaves_at__lt=until + LONGEST)
    for campaign in near.order_by("leaves_at", "pk"):
        at, ends_at = (moment.astimezone(zone) for moment in _span(campaign, campaign.leaves_at))
        count = campaign.planned_count or campaign.reviewed_count or 0
        entry = Entry(campaign, at.date(), at, ends_at, count, awake)
        for days in range((entry.last_on - entry.on).days + 1):
            on = entry.on + days * ONE_DAY
            by_day[on].append(replace(entry, on=on))
    return by_day


def _span(campaign: Campaign, leaves_at: datetime) -> tuple[datetime, datetime]:
    """From when until when it leaves, as far as that is known: people further west may get it later."""
    if campaign.timing == Timing.LEAD_ZONE:
        return min(campaign.planned_at or campaign.start_at or leaves_at, leaves_at), leaves_at
    if campaign.timing != Timing.SPREAD:
        return leaves_at, leaves_at
    ends_at = leaves_at + timedelta(hours=campaign.spread_hours)
    return leaves_at, max(leaves_at, min(ends_at, campaign.finished_at or ends_at))


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
