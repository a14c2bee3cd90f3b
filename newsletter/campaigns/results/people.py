"""Who did what: the people of one campaign, by what became of their mail and what they did."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from leads.people import queries as people
from newsletter.campaigns.models import Campaign
from newsletter.campaigns.results.statements import LEFT, PERSON
from newsletter.deliveries.models import CHUNK_SIZE, Chunk, Delivery, Kind, Outcome, State, Uncertain
from newsletter.tracking.models import Click, Fact, FactKind

ON_THIS = {"delivery_id": OuterRef("pk")}


class Did(TextChoices):
    """What a list of people is narrowed to."""

    DELIVERED = "delivered", _("Delivered")
    CLICKED = "clicked", _("Clicked")
    IGNORED = "ignored", _("Got it and did not click")
    BOOKED = "booked", _("Booked")
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
    BLOCKED = "blocked", _("Turned away")
    BOUNCED = "bounced", _("Bounced")
    COMPLAINED = "complained", _("Marked it as spam")
    REFUSED = "refused", _("Refused by our own check")
    FAILED = "failed", _("Failed")
    ENDED = "ended", _("Expired or cancelled")
    UNCERTAIN = "uncertain", _("Uncertain")
    WAITING = "waiting", _("Waiting")


class Person(NamedTuple):
    """One person's mail: `state` is None while it waits or is uncertain; moments are None for what did not happen."""

    delivery_id: int
    lead_id: int | None
    address: str
    name: str
    is_erased: bool
    variant_id: int
    state: int | None
    ended_at: datetime | None
    reason: str
    is_uncertain: bool
    clicked_at: datetime | None
    clicks: int
    scanner_clicks: int
    delivered_at: datetime | None
    blocked_at: datetime | None
    bounced_at: datetime | None
    complained_at: datetime | None
    unsubscribed_at: datetime | None
    booked_at: datetime | None


FACTS = ("delivered", "blocked", "bounced", "complained", "unsubscribed", "booked")
LOOK = f"""
    SELECT d.id, d.lead_id, coalesce(l.email, ''), trim(concat(l.first_name, ' ', l.last_name)),
           l.id IS NULL OR l.erased_at IS NOT NULL, d.variant_id, o.state, o.at, coalesce(o.reason, q.why, ''),
           q.delivery_id IS NOT NULL AND o.state IS NULL, k.first_at, k.clicks, k.scanners,
           {", ".join(f"f.{kind}" for kind in FACTS)}
    FROM newsletter_delivery d
    LEFT JOIN leads_lead l ON l.id = d.lead_id
    LEFT JOIN newsletter_outcome o ON o.delivery_id = d.id
    LEFT JOIN newsletter_uncertain q ON q.delivery_id = d.id
    LEFT JOIN LATERAL (
        SELECT min(at) FILTER (WHERE label = %(person)s) AS first_at,
               count(*) FILTER (WHERE label = %(person)s) AS clicks,
               count(*) FILTER (WHERE label = 'scanner') AS scanners
        FROM newsletter_click WHERE delivery_id = d.id
    ) k ON true
    LEFT JOIN LATERAL (
        SELECT {", ".join(f"min(at) FILTER (WHERE kind = '{kind}') AS {kind}" for kind in FACTS)}
        FROM newsletter_fact WHERE delivery_id = d.id
    ) f ON true
    WHERE {{which}} ORDER BY d.id
"""  # noqa: S608
THESE = "d.id = ANY(%(ids)s::bigint[])"
OF_A_CHUNK = f"d.id >= %(chunk)s::bigint * {CHUNK_SIZE} AND d.id < (%(chunk)s::bigint + 1) * {CHUNK_SIZE}"


def found(campaign: Campaign, *, did: str = "", text: str = "") -> QuerySet[Delivery]:
    """The mails of those who did this and in whose name or address every word occurs, as they were planned."""
    mine = Delivery.objects.filter(kind=Kind.CAMPAIGN, owner=campaign.pk)
    if did in WHERE:
        mine = mine.filter(WHERE[did]())
    if text.strip():
        mine = mine.filter(lead_id__in=people.search(text).order_by().values("pk"))
    return mine.order_by("pk")


def look(deliveries: Sequence[Delivery]) -> list[Person]:
    """These mails with all that is known of them, in one question."""
    return _people(THESE, ids=[one.pk for one in deliveries])


def everybody(campaign: Campaign) -> Iterator[Person]:
    """All of them, a chunk at a time, so that a file of a million lines needs no more memory than one of a thousand."""
    mine = Chunk.objects.filter(batch__kind=Kind.CAMPAIGN, batch__owner_id=campaign.pk).order_by("pk")
    for chunk in mine.values_list("pk", flat=True):
        yield from _people(OF_A_CHUNK, chunk=chunk)


def _ended(*states: State) -> Callable[[], Q]:
    return lambda: Q(Exists(Outcome.objects.filter(state__in=states, **ON_THIS)))


def _told(kind: FactKind) -> Callable[[], Q]:
    return lambda: Q(Exists(Fact.objects.filter(kind=kind, **ON_THIS)))


def _clicked() -> Q:
    return Q(Exists(Click.objects.filter(label=PERSON, **ON_THIS)))


def _open(*, is_uncertain: bool) -> Callable[[], Q]:
    ended, doubted = Q(Exists(Outcome.objects.filter(**ON_THIS))), Q(Exists(Uncertain.objects.filter(**ON_THIS)))
    return lambda: ~ended & (doubted if is_uncertain else ~doubted)


WHERE: dict[str, Callable[[], Q]] = {
    Did.DELIVERED: _told(FactKind.DELIVERED),
    Did.CLICKED: _clicked,
    Did.IGNORED: lambda: _ended(*map(State, LEFT))() & ~_clicked(),
    Did.BOOKED: _told(FactKind.BOOKED),
    Did.UNSUBSCRIBED: _told(FactKind.UNSUBSCRIBED),
    Did.BLOCKED: _told(FactKind.BLOCKED),
    Did.BOUNCED: _told(FactKind.BOUNCED),
    Did.COMPLAINED: _told(FactKind.COMPLAINED),
    Did.REFUSED: _ended(State.REFUSED),
    Did.FAILED: _ended(State.FAILED),
    Did.ENDED: _ended(State.EXPIRED, State.CANCELLED),
    Did.UNCERTAIN: _open(is_uncertain=True),
    Did.WAITING: _open(is_uncertain=False),
}


def _people(which: str, **values: Any) -> list[Person]:
    with connection.cursor() as cursor:
        cursor.execute(LOOK.format(which=which), {"person": PERSON, **values})
        return [Person._make(row) for row in cursor.fetchall()]
