"""Plan an audience: the question that was counted, asked once, dealt out in shares, each with its own times."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from clinic import queries as clinic
from newsletter.campaigns.audience import counts, times
from newsletter.campaigns.audience.models import Occasion
from newsletter.campaigns.audience.question import everybody
from newsletter.campaigns.audience.times import Awake, Slice
from newsletter.campaigns.models import Campaign, Timing
from newsletter.deliveries import lately
from newsletter.deliveries.gathering import Gathered, Part, gather
from newsletter.deliveries.models import Batch, Kind, Lane
from newsletter.deliveries.services import Planned

EXPIRES = timedelta(days=7)
"""So long after its own time a mail is still worth getting."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of the audience: `people` of them drawn by lot, or all that are left.

    One that goes `at_once` does not wait for its readers' time of day. One that `begins_at` another time is as much
    later as that is than the campaign: the hours between its mails stay.
    """

    variant_id: int
    people: int | None = None
    at_once: bool = False
    begins_at: datetime | None = None
    lasts: timedelta = EXPIRES


Cut = Callable[[int], Sequence[Share]]
"""How so many people are cut into shares."""


def plan(campaign: Campaign, now: datetime, shares: Sequence[Share] | Cut) -> list[list[Batch]]:
    """One delivery for everybody who gets it, and no second one ever; the batches of each share, in their order.

    For whoever has locked the campaign, inside their transaction. What it was counted as is kept. Shares that depend on
    how many people there are, are asked for when that is known.
    """
    sql, params = everybody(campaign, now)
    label = "zone" if campaign.timing == Timing.LEAD_ZONE else "''"
    question = f"SELECT lead_id, {label} AS label, reason FROM ({sql}) asked"  # noqa: S608
    by_lot = callable(shares) or len(shares) > 1 or campaign.timing == Timing.SPREAD
    lately.lock()
    with gather(question, params, seed=campaign.pk if by_lot else None) as gathered:
        counts.keep(campaign, Occasion.PLANNED, gathered.reasons, now=now)
        cut = shares(gathered.people) if callable(shares) else shares
        parts = _parts(campaign, gathered, cut, now)
        planned = Planned(Kind.CAMPAIGN, campaign.pk, Lane.MARKETING, campaign.topic)
        batches = gathered.plan(planned, parts, now=now)
    found: list[list[Batch]] = [[] for _share in cut]
    for part, of_part in zip(parts, batches, strict=True):
        found[part.share] += of_part
    return found


def _parts(campaign: Campaign, gathered: Gathered, shares: Sequence[Share], now: datetime) -> list[Part]:
    bounds, place = [], 0
    for share in shares:
        bounds.append(place)
        place = gathered.people if share.people is None else min(gathered.people, place + share.people)
    dealt = gathered.deal(bounds)
    return [
        part
        for number, share in enumerate(shares)
        for part in _parts_of_share(number, share, _groups(campaign, dealt[number], share, now))
    ]


Group = tuple[list[str], list[Slice]]


def _groups(campaign: Campaign, people: Mapping[str, int], share: Share, now: datetime) -> list[Group]:
    """Labels that go together, with the slices in which they go."""
    if not people:
        return []
    if share.at_once:
        return [(list(people), times.at_once(sum(people.values()), now))]
    if campaign.timing != Timing.LEAD_ZONE:
        return [(list(people), _slices(campaign, sum(people.values()), now))]
    profile = clinic.profile()
    home = ZoneInfo(profile.time_zone)
    by_zone = times.by_zone(people, _goes_at(campaign, now), home=home, now=now, awake=Awake.of(profile))
    return [(names, times.at_once(sum(people[name] for name in names), due)) for due, names in by_zone.items()]


def _slices(campaign: Campaign, people: int, now: datetime) -> list[Slice]:
    begins_at = max(_goes_at(campaign, now), now)
    if campaign.timing == Timing.SPREAD:
        return times.spread(people, hours=campaign.spread_hours, begins_at=begins_at)
    return times.at_once(people, begins_at)


def _parts_of_share(number: int, share: Share, groups: Sequence[Group]) -> list[Part]:
    if not groups:
        return []
    first = min(slices[0].due_at for _labels, slices in groups)
    later = share.begins_at - first if share.begins_at else timedelta()
    return [
        Part(
            share=number,
            labels=labels,
            people=sum(one.people for one in slices),
            variant_id=share.variant_id,
            step=slices[0].people,
            dues=[one.due_at + later for one in slices],
            lasts=share.lasts,
        )
        for labels, slices in groups
    ]


def _goes_at(campaign: Campaign, now: datetime) -> datetime:
    return campaign.goes_at or now
