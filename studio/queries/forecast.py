"""What leaves in the coming days: mails of sequences and campaigns, beside the day's limit and the calls that are free.

The sequences' part is played forward; where that takes long it is kept for some minutes.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.db import connection
from django.db.models import Exists, OuterRef
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from redis.exceptions import RedisError

from booking import queries as diary
from clinic import queries as clinic
from newsletter.campaigns import audience
from newsletter.campaigns.audience.times import Awake
from newsletter.campaigns.models import Campaign, CampaignStatus
from newsletter.deliveries import backlog, lanes, lately
from newsletter.deliveries.models import Kind, Lane
from newsletter.deliveries.pacing import days as pacing
from newsletter.deliveries.standing import holds
from newsletter.models import Enrolment, Sequence
from newsletter.sequences.future import forecast
from newsletter.sequences.future.forecast import DAYS, Forecast, Mails
from newsletter.sequences.models import EnrolmentState, SequenceState
from studio.queries import calendar

KEPT_FOR = 300
DEAR = 0.2
"""Seconds from which on it is kept."""
MOST_CAMPAIGNS = 10
SEQUENCE, CAMPAIGN = "studio:sequence", "studio:campaign"
"""The pages of what brings mails."""
PAGES = {Kind.STEP: SEQUENCE, Kind.CAMPAIGN: CAMPAIGN}
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Line:
    """What one sequence or one campaign brings on a day; `is_waiting`: planned already, and not left."""

    name: str
    url_name: str
    pk: int
    mails: int
    people: int
    is_waiting: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """`limit` is how many marketing mails may still leave on this day, `free_calls` how many calls one can book on it.

    `late` of what should leave by then have to wait for the next day. `by_sequences` and `by_campaigns` are lengths of
    bars, in per cent of the longest.
    """

    on: date
    lines: list[Line]
    limit: int | None
    free_calls: int
    people: int
    late: int = 0
    by_sequences: int = 0
    by_campaigns: int = 0

    @property
    def mails(self) -> int:
        return sum(line.mails for line in self.lines)

    @property
    def is_over(self) -> bool:
        return self.late > 0

    @property
    def is_at_most(self) -> bool:
        """Whether somebody may be counted twice: who gets a campaign, or waits for a mail already, is not asked now."""
        brings = [line for line in self.lines if line.people]
        return len(brings) > 1 and any(line.is_waiting or line.url_name == CAMPAIGN for line in brings)

    @property
    def said(self) -> str:
        """43 mails to 31 people; at most, where somebody may be among them twice."""
        mails = ngettext("%(n)s mail", "%(n)s mails", self.mails) % {"n": _number(self.mails)}
        people = ngettext("%(n)s person", "%(n)s people", self.people) % {"n": _number(self.people)}
        said = _("%(mails)s to at most %(people)s") if self.is_at_most else _("%(mails)s to %(people)s")
        return said % {"mails": mails, "people": people}


@dataclass(frozen=True, slots=True)
class Outlook:
    """`is_held`: no marketing mail leaves now. `paused` and `unread` are names of sequences: left out, and why."""

    days: list[Day] = field(default_factory=list)
    is_estimate: bool = False
    is_held: bool = False
    paused: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    @property
    def mails(self) -> int:
        return sum(day.mails for day in self.days)

    @property
    def free_calls(self) -> int:
        return sum(day.free_calls for day in self.days)

    @property
    def busiest(self) -> Day | None:
        """The day on which the most leaves, the first of them; None where nothing does."""
        return max((day for day in self.days if day.mails), key=lambda day: day.mails, default=None)


def outlook(now: datetime) -> Outlook:
    """The next DAYS days of the clinic's, today first."""
    profile = clinic.profile()
    zone = ZoneInfo(profile.time_zone)
    found, names = _sequences(now), dict(Sequence.objects.values_list("pk", "name"))
    campaigns = calendar.campaigns(found.days[0].on, DAYS, zone=zone, awake=Awake.of(profile))
    limits, waiting = _limits(now), _waiting(now, found.days[-1].on, profile.time_zone, names)
    free = Counter(slot.astimezone(zone).date() for slot in diary.open_slots(now=now))
    days = []
    for ahead in found.days:
        mine = [_of_sequence(pk, names.get(pk, ""), mails) for pk, mails in ahead.sequences.items()]
        theirs = [_of_campaign(entry) for entry in campaigns.get(ahead.on, ()) if _is_to_come(entry, now)]
        planned = waiting.get(ahead.on, [])
        people = ahead.whole.people + sum(line.people for line in (*planned, *theirs))
        days.append(Day(ahead.on, [*planned, *mine, *theirs], limits.get(ahead.on), free[ahead.on], people))
    return Outlook(_with_bars(_with_late(days)), found.is_estimate, holds.is_shut(Lane.MARKETING), *_left_out(found))


def _number(count: int) -> str:
    return number_format(count, use_l10n=True, force_grouping=True)


def _left_out(found: Forecast) -> tuple[list[str], list[str]]:
    """The names of sequences that are paused with somebody inside, and of those that cannot be played."""
    inside = Enrolment.objects.filter(sequence=OuterRef("pk"), state=EnrolmentState.ACTIVE, due_at__isnull=False)
    paused = Sequence.objects.filter(Exists(inside), state=SequenceState.PAUSED)
    unread = Sequence.objects.filter(versions__in=found.unread).distinct()
    paused_names, unread_names = (list(one.order_by("name").values_list("name", flat=True)) for one in (paused, unread))
    return paused_names, unread_names


def _with_late(days: list[Day]) -> list[Day]:
    """What does not fit into a day leaves on the next one, before that day's own."""
    late, found = 0, []
    for day in days:
        late = max(late + day.mails - day.limit, 0) if day.limit is not None else 0
        found.append(replace(day, late=late))
    return found


def _waiting(now: datetime, last: date, zone: str, names: Mapping[int, str]) -> Mapping[date, list[Line]]:
    """What waits already, what is due today before anything else: mails of sequences, and the rest of campaigns."""
    until = datetime.combine(last + ONE_DAY, datetime.min.time(), tzinfo=ZoneInfo(zone))
    waits = [one for one in backlog.waiting(Lane.MARKETING, now, until=until, zone=zone) if one.kind in PAGES]
    owners = [one.owner for one in waits if one.kind == Kind.CAMPAIGN]
    campaigns = dict(Campaign.objects.filter(pk__in=owners).values_list("pk", "name")) if owners else {}
    called = {Kind.STEP: names, Kind.CAMPAIGN: campaigns}
    found: defaultdict[date, list[Line]] = defaultdict(list)
    for one in waits:
        name = called[one.kind].get(one.owner, "")
        found[one.on].append(Line(name, PAGES[one.kind], one.owner, one.mails, one.mails, is_waiting=True))
    return found


def _is_to_come(entry: calendar.Entry, now: datetime) -> bool:
    """Of a campaign that has begun the rest waits already."""
    return entry.is_main_day and entry.at >= now and entry.campaign.planned_at is None


def _of_sequence(pk: int, name: str, mails: Mails) -> Line:
    return Line(name, SEQUENCE, pk, mails.mails, mails.people)


def _of_campaign(entry: calendar.Entry) -> Line:
    return Line(entry.campaign.name, CAMPAIGN, entry.campaign.pk, entry.people, entry.people)


def _with_bars(days: list[Day]) -> list[Day]:
    most = max((day.mails for day in days), default=0) or 1
    bars = [[_share(day, name, most) for name in (SEQUENCE, CAMPAIGN)] for day in days]
    return [
        replace(day, by_sequences=mine, by_campaigns=theirs) for day, (mine, theirs) in zip(days, bars, strict=True)
    ]


def _share(day: Day, url_name: str, most: int) -> int:
    """What there is at all is seen."""
    count = sum(line.mails for line in day.lines if line.url_name == url_name)
    return max(2, round(100 * count / most)) if count else 0


def _limits(now: datetime) -> Mapping[date, int]:
    """How many marketing mails may leave on each of these days, today what is left; nothing where nobody said."""
    options = lanes.options(Lane.MARKETING)
    if not options.counts_days:
        return {}
    today = pacing.read_day(Lane.MARKETING, options, now)
    found: dict[date, int] = {}
    for number in range(DAYS):
        limit = pacing.ramped(options.warm_up, today.number + number, options.rate_per_day)
        if limit is not None:
            found[today.on + number * ONE_DAY] = limit
    if today.on in found:
        found[today.on] = max(found[today.on] - pacing.taken(Lane.MARKETING, today.on).get(pacing.WHOLE_LANE, 0), 0)
    return found


def _sequences(now: datetime) -> Forecast:
    key = f"forecast/{now.astimezone(clinic.zone()).date()}"
    kept = _kept(key)
    if kept is not None:
        return _read(kept)
    began = time.monotonic()
    found = forecast.ahead(now, coming=lambda lead_ids: coming(lead_ids, now))
    if time.monotonic() - began > DEAR:
        _keep(key, found)
    return found


def _kept(key: str) -> Any:
    """Nothing where the cache does not answer: then it is played again."""
    try:
        return cache.get(key)
    except (RedisError, OSError):
        return None


def _keep(key: str, found: Forecast) -> None:
    days = [
        [day.on.isoformat(), day.whole.mails, day.whole.people, [[pk, one.mails, one.people] for pk, one in each]]
        for day in found.days
        for each in [day.sequences.items()]
    ]
    try:
        cache.set(key, {"days": days, "is_estimate": found.is_estimate, "unread": sorted(found.unread)}, KEPT_FOR)
    except (RedisError, OSError):
        return


def _read(kept: Any) -> Forecast:
    days = [
        forecast.Day(date.fromisoformat(on), Mails(mails, people), {pk: Mails(*one) for pk, *one in each})
        for on, mails, people, each in kept["days"]
    ]
    return Forecast(days, kept["is_estimate"], frozenset(kept["unread"]))


def coming(lead_ids: Collection[int], now: datetime, *, days: int = DAYS) -> Mapping[int, tuple[datetime, ...]]:
    """When scheduled campaigns go to whom: who gets one gets no mail of a sequence on the same day."""
    scheduled = Campaign.objects.filter(status=CampaignStatus.SCHEDULED, start_at__lt=now + days * ONE_DAY)
    campaigns = scheduled.select_related("email").prefetch_related("included", "excluded").order_by("start_at", "pk")
    cap = lately.cap()
    found: defaultdict[int, list[datetime]] = defaultdict(list)
    asked = [(one, audience.audience(one, now, cap)) for one in campaigns[:MOST_CAMPAIGNS]]
    if not asked or not lead_ids:
        return {}
    each = " UNION ALL ".join(f"SELECT %s::timestamptz, lead_id FROM ({one.sql}) mine" for _one, one in asked)  # noqa: S608
    params = [part for campaign, one in asked for part in (_goes_at(campaign, now), *one.params)]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({each}) ahead (at, id) WHERE id = ANY(%s)", [*params, list(lead_ids)])  # noqa: S608
        for at, lead_id in cursor.fetchall():
            found[lead_id].append(at)
    return {lead_id: tuple(moments) for lead_id, moments in found.items()}


def _goes_at(campaign: Campaign, now: datetime) -> datetime:
    return max(campaign.goes_at or now, campaign.start_at or now)
