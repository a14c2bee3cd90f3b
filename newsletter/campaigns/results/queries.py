"""The numbers of a campaign. Each is a count of rows; none is estimated, none is kept."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q

from newsletter.campaigns.experiments.queries import LABEL_A, LABEL_B, LABEL_REST
from newsletter.campaigns.models import Campaign
from newsletter.campaigns.results import statements
from newsletter.campaigns.results.domains import Mailboxes, grouped
from newsletter.content.models import CompiledEmail
from newsletter.deliveries import queries as deliveries
from newsletter.deliveries.models import Kind
from newsletter.deliveries.queries import Progress
from newsletter.tracking.models import FactKind

HOUR = timedelta(hours=1)
GOES_OUT = (LABEL_A, LABEL_B, LABEL_REST)
AFTERWARDS, LONGEST = timedelta(days=2), timedelta(days=10)
"""So long after the last mail hours are told apart, and so long at most."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Every count of one campaign. The parts of `progress` add up to what was planned."""

    progress: Progress
    reasons: list[tuple[str, int]]
    facts: dict[str, int]
    people: int
    clicks: int
    scanner_clicks: int
    unknown_clicks: int

    @property
    def mailed(self) -> int:
        return self.progress.submitted + self.progress.closed

    def fact(self, kind: FactKind) -> int:
        return self.facts.get(kind, 0)


@dataclass(frozen=True, slots=True)
class Hour:
    """What happened in one hour by the clinic's clock; `is_rest` stands for everything after the last one shown."""

    at: datetime
    left: int = 0
    clicked: int = 0
    booked: int = 0
    unsubscribed: int = 0
    is_rest: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a frozen mail, and who followed it."""

    number: int
    label: str
    url: str
    people: int = 0
    clicks: int = 0
    scanner_clicks: int = 0
    unknown_clicks: int = 0


@dataclass(frozen=True, slots=True)
class Edition:
    """One frozen revision, how many left with it, and its links in the order in which they stand."""

    revision: CompiledEmail
    left: int
    links: list[Link]


class Group(NamedTuple):
    """People whose mailboxes are of one domain and who got one revision of one wording: how many, and what they did."""

    domain: str | None
    variant_id: int
    revision_id: int | None
    people: int
    mailed: int
    delivered: int
    clicked: int
    not_reached: int
    booked: int
    unsubscribed: int


@dataclass(frozen=True, slots=True)
class Part:
    """What one variant of a test brought."""

    variant_id: int
    planned: int
    mailed: int
    clicked: int
    booked: int
    unsubscribed: int


@dataclass(frozen=True, slots=True)
class Sums:
    """What is compared between campaigns."""

    mailed: int = 0
    clicked: int = 0
    booked: int = 0
    unsubscribed: int = 0


def numbers(campaign: Campaign) -> Numbers:
    """The counts of one campaign, in four questions."""
    (clicks,) = _rows(statements.CLICKS, [campaign.pk])
    return Numbers(
        deliveries.progress(Kind.CAMPAIGN, campaign.pk),
        deliveries.refusals(Kind.CAMPAIGN, campaign.pk),
        dict(_rows(statements.FACTS, [campaign.pk])),
        *clicks,
    )


def hours(campaign: Campaign, *, zone: str) -> list[Hour]:
    """Hour by hour without gaps, from the first mail until two days after the last; what came later is one last row."""
    found = [Hour(*row) for row in _rows(statements.HOURS, [campaign.pk], zone=zone)]
    if not found:
        return []
    first = found[0].at
    most = _shown(found) // HOUR
    lines: dict[int, list[Hour]] = {}
    for one in found:
        lines.setdefault(min((one.at - first) // HOUR, most), []).append(one)
    rest = lines.pop(most, [])
    last = most if rest else max(lines) + 1
    shown = [_together(lines.get(place, []), at=first + place * HOUR) for place in range(last)]
    return [*shown, _together(rest, at=rest[0].at, is_rest=True)] if rest else shown


def groups(campaign: Campaign) -> list[Group]:
    """Everybody who was planned, once, by mailbox, wording and revision: what other numbers are added up from."""
    return [Group(*row) for row in _rows(statements.GROUPS, [campaign.pk])]


def editions(campaign: Campaign, everybody: Iterable[Group]) -> list[Edition]:
    """The revisions that left or were clicked, what most got first."""
    left: Counter[int] = Counter()
    for one in everybody:
        if one.revision_id is not None and one.mailed:
            left[one.revision_id] += one.mailed
    clicked: dict[int, dict[int, Sequence[int]]] = {}
    for revision, link, *counts in _rows(statements.LINKS, [campaign.pk]):
        clicked.setdefault(revision, {})[link] = counts
    revisions = CompiledEmail.objects.filter(pk__in={*left, *clicked}).select_related("variant").defer("html", "text")
    found = [Edition(one, left[one.pk], _links(one, clicked.get(one.pk, {}))) for one in revisions]
    return sorted(found, key=lambda edition: (-edition.left, edition.revision.pk))


def revision(campaign: Campaign, pk: int) -> CompiledEmail | None:
    """One of the revisions that this campaign went out with, or might have."""
    of_b = Q(variant__email__experiment__campaign=campaign)
    found = CompiledEmail.objects.filter(Q(variant__email=campaign.email_id) | of_b, variant__label__in=GOES_OUT)
    return found.select_related("variant").filter(pk=pk).first()


def followed(campaign: Campaign, of: CompiledEmail) -> list[Link]:
    """The links of one revision, and who followed them; nobody else is counted for it."""
    rows = _rows(statements.LINKS, [campaign.pk])
    return _links(of, {link: counts for found, link, *counts in rows if found == of.pk})


def mailboxes(everybody: Iterable[Group]) -> list[Mailboxes]:
    """By provider; people who were erased have no address any more, and are among the others."""
    return grouped(
        Mailboxes((one.domain or "").lower(), one.people, one.mailed, one.delivered, one.clicked, one.not_reached)
        for one in everybody
    )


def parts(everybody: Iterable[Group]) -> list[Part]:
    """By variant, for campaigns with a test."""
    found: dict[int, list[Group]] = {}
    for one in everybody:
        found.setdefault(one.variant_id, []).append(one)
    return [_part(variant, found[variant]) for variant in sorted(found)]


def sums(campaigns: Sequence[Campaign]) -> dict[int, Sums]:
    """What several campaigns brought, by their keys, in one question."""
    found = {key: Sums(*counts) for key, *counts in _rows(statements.SUMS, [campaign.pk for campaign in campaigns])}
    return {campaign.pk: found.get(campaign.pk, Sums()) for campaign in campaigns}


def latest(*, before: Campaign | None = None, most: int = 5) -> list[Campaign]:
    """The campaigns that began to leave last; with one given, those that began before it."""
    found = Campaign.objects.filter(planned_at__isnull=False, planned_count__gt=0)
    if before is not None and before.planned_at is not None:
        found = found.filter(planned_at__lt=before.planned_at)
    return list(found.order_by("-planned_at", "-pk")[:most])


def _links(revision: CompiledEmail, clicked: dict[int, Sequence[int]]) -> list[Link]:
    return [
        Link(number, link.get("label", ""), link["url"], *clicked.get(number, ()))
        for number, link in enumerate(revision.links)
    ]


def _shown(found: Sequence[Hour]) -> timedelta:
    """How long the hours are told apart: those who were mailed last, after a test or over some days, come late too."""
    last = max((one.at for one in found if one.left), default=found[0].at)
    return min(last - found[0].at + AFTERWARDS, LONGEST)


def _together(several: Sequence[Hour], *, at: datetime, is_rest: bool = False) -> Hour:
    return Hour(
        at,
        left=sum(one.left for one in several),
        clicked=sum(one.clicked for one in several),
        booked=sum(one.booked for one in several),
        unsubscribed=sum(one.unsubscribed for one in several),
        is_rest=is_rest,
    )


def _part(variant_id: int, several: Sequence[Group]) -> Part:
    return Part(
        variant_id,
        planned=sum(one.people for one in several),
        mailed=sum(one.mailed for one in several),
        clicked=sum(one.clicked for one in several),
        booked=sum(one.booked for one in several),
        unsubscribed=sum(one.unsubscribed for one in several),
    )


def _rows(sql: str, owners: Sequence[int], **further: Any) -> list[tuple[Any, ...]]:
    values = {
        "kind": int(Kind.CAMPAIGN),
        "owners": list(owners),
        "left": list(statements.LEFT),
        "person": statements.PERSON,
        **further,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()
