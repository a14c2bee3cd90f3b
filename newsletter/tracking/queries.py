"""What reports ask of clicks, facts and visits."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from newsletter.deliveries.models import Delivery, Kind
from newsletter.tracking.models import Click, ClickLabel, Fact, Visit

BY_LABEL = {label.value: Count("pk", filter=Q(label=label)) for label in ClickLabel}


@dataclass(frozen=True, slots=True)
class LinkClicks:
    """Clicks on one link by label, and how many different people are behind those of persons."""

    link: int
    goal: str
    people: int
    person: int
    scanner: int
    unknown: int


def campaign_deliveries(campaign_id: int) -> QuerySet[Delivery]:
    return Delivery.objects.filter(kind=Kind.CAMPAIGN, owner=campaign_id)


def step_deliveries(enrolment_ids: QuerySet, step_key: int) -> QuerySet[Delivery]:
    """The mails of one step, whatever the version; `enrolment_ids` is a query of enrolments' ids."""
    return Delivery.objects.filter(kind=Kind.STEP, owner__in=enrolment_ids, item=step_key)


def link_clicks(deliveries: QuerySet[Delivery]) -> list[LinkClicks]:
    """Clicks on the links of these mails, by link."""
    found = _clicks_on(deliveries).values("link", "goal").annotate(people=_people(), **BY_LABEL)
    rows = found.order_by("link", "goal").values_list("link", "goal", "people", *BY_LABEL)
    return [LinkClicks(*row) for row in rows]


def label_counts(deliveries: QuerySet[Delivery]) -> dict[str, int]:
    """Clicks on these mails by label; what does not count is shown beside what does."""
    return _clicks_on(deliveries).aggregate(people=_people(), **BY_LABEL)


def fact_counts(deliveries: QuerySet[Delivery]) -> dict[str, int]:
    """How many of these mails have each kind of fact."""
    found = Fact.objects.filter(delivery_id__in=deliveries.values("pk")).values_list("kind")
    return dict(found.annotate(Count("pk")).order_by("kind"))


def facts(delivery_ids: Iterable[int]) -> dict[int, list[Fact]]:
    """Facts by delivery, the earliest first."""
    found: defaultdict[int, list[Fact]] = defaultdict(list)
    for row in Fact.objects.filter(delivery_id__in=list(delivery_ids)).order_by("at", "pk"):
        found[row.delivery_id].append(row)
    return dict(found)


def clicks(lead_id: int) -> QuerySet[Click]:
    """A lead's clicks, the newest first."""
    return Click.objects.filter(lead_id=lead_id).order_by("-at", "-pk")


def visits_between(start: datetime, end: datetime) -> QuerySet[Visit]:
    return Visit.objects.filter(at__gte=start, at__lt=end)


def _clicks_on(deliveries: QuerySet[Delivery]) -> QuerySet[Click]:
    return Click.objects.filter(delivery_id__in=deliveries.values("pk"))


def _people() -> Count:
    return Count("lead_id", distinct=True, filter=Q(label=ClickLabel.PERSON))
